package api

var problemsOfGovernance = []ProblemType{
	{
		"beyond-own-rights", "Nobody gives what they do not have", "The change would give rights that you do not have yourself, or widen what you look after. Nothing was saved.",
		"Look at errors for what it is, and ask an administrator of your organisation.",
	},
	{"person-above-you", "The person may do more than you", "The person holds rights that you do not have, so that their role is not yours to change. Nothing was saved.", "Ask an administrator of your organisation."},
	{"role-name-taken", "The name is taken", "Your organisation has a role with this name or key already. Nothing was saved.", "Choose another name."},
	{"role-key-kept", "The key is kept", "The key is one of a role that comes with a workspace. Nothing was saved.", "Choose another key, or leave it out."},
	{"role-names-nothing", "The role names what is gone", "A field or record type that the role names is not there any more. Nothing was saved.", "Read role and fields again and repeat the change."},
	{"role-is-everything", "The role has every right", "A role that may do everything cannot be narrowed. Nothing was saved.", "Make another role for less, and give people that."},
	{"role-built-in", "The role came with the workspace", "Roles that came with the workspace are not deleted. Nothing was changed.", "Narrow it instead, or give nobody that role."},
	{"role-is-default", "The role is the default", "Partners' people have this role when nothing else is said. Nothing was changed.", "Make another role the default first."},
	{"role-is-internal", "The role is for your own people", "Only a role for partners' people can be the default. Nothing was saved.", "Name an external role."},
	{"role-in-use", "The role is in use", "Somebody has the role. Nothing was changed.", "The message names them: give them another one first."},
	{"too-many-roles", "There are too many roles", "Your organisation has as many roles as there can be. Nothing was saved.", "Delete one that nobody has."},
	{"too-many-definitions", "There are too many of them", "The object has as many fields, record types or layouts as there can be. Nothing was saved.", "Use one that is there, or delete a layout that nobody uses."},
	{"field-name-taken", "The name is taken", "The object has a field with this name or label already. Nothing was saved.", "Choose another label, or use the field that is there."},
	{"record-type-name-taken", "The name is taken", "The object has a record type with this name already. Nothing was saved.", "Choose another name."},
	{"layout-name-taken", "The name is taken", "The object has a layout with this name already. Nothing was saved.", "Choose another name."},
	{"layout-in-use", "The layout is in use", "Record types have this layout as their form. Nothing was changed.", "The message names them: give them another layout first."},
	{"only-looks", "You look as another role", "The session looks as another role of your company, which changes nothing and takes nothing along. Nothing was done.", "Stop looking as the role (DELETE /v1/session/view, or the line at the top of each page), then try again."},
	{"role-on-other-side", "The role works on the other side", "People with this role work on the other side of your company. Nothing was changed.", "Change to that side first (POST /v1/session/workspace), then look as the role."},
	{"last-administrator", "Somebody must be the administrator", "The change would leave your organisation without an administrator. Nothing was saved.", "Make somebody else an administrator first."},
}
