package api

var problemsOfInterconnect = []ProblemType{
	{"connection-state", "The connection is in another state", "A connection that is not suspended cannot be resumed, and one that is suspended cannot be suspended again. Nothing was changed.", "Read the connection to see its state."},
	{"connection-ended", "The connection has ended", "A connection that has ended stays so. Nothing was changed.", "To work together again, connect anew by an invitation."},
	{"already-connected", "You are connected already", "Your organisation is connected with this vendor. Nothing was changed.", "Work in the connection that is there, or end it first."},
	{"channel-open", "There is a channel already", "Your organisation has a channel of its own. Nothing was changed.", "Switch to the vendor side to work in it."},
	{"partner-number-taken", "The number is taken", "You have given the number to another partner, or offered it in an open invitation. Nothing was saved.", "Choose another number, or leave it out for the next free one."},
	{"invitation-closed", "The invitation is closed", "An invitation that is accepted, rejected, revoked or expired stays so. Nothing was changed.", "Make a new one."},
	{"nobody-to-sell", "Nobody could work for the vendor", "Your organisation has no administrator, and those who look after its channel do not work on the other side. Nothing was changed.", "Let somebody accept who may do everything in your organisation: they become its administrator."},
	{"own-invitation", "The invitation is your own", "Your own organisation has made this invitation. Nothing was changed.", "Pass the link on to the partner."},
	{"already-member", "You are a member already", "You are a member of the organisation that invites. Nothing was changed.", "Switch to it; if you cannot work there, ask an administrator of it."},
	{
		"join-refused", "You cannot join with these details", "The details cannot be used for somebody new. Nothing was saved. An invitation bears a few such attempts only.",
		"If you have signed in here before, sign in and accept the invitation then; otherwise take the mail address that the invitation was made for.",
	},
	{"ask-first", "Ask for the link to join", "Somebody new joins by a link that is mailed to them and shows that the address is theirs. Nothing was saved.", "Ask for the link with your mail address, and join by what is mailed to you."},
	{"no-mail", "No mail is sent", "This program sends no mail, and so no link to join, to set a lost password or to change a mail address. Nothing was done.", "Join with the mail address that the invitation was made for. With passwords and addresses whoever runs the program helps."},
	{"address-gone", "The address is not kept any more", "The mail address of an invitation that came to nothing is cleared away after some time. Nothing was changed.", "Make a new invitation."},
	{"has-administrator", "The organisation has an administrator", "Somebody of your organisation may do everything in it already, or it governs a channel of its own, so that a vendor's invitation makes nobody its administrator. Nothing was changed.", "Ask whoever looks after your organisation for the role."},
	{"bound-to-connection", "The credential works in one connection only", "A session or API key that works in one connection does nothing for the whole company. Nothing was saved.", "Switch the session to all of your business first."},
	{"session-needed", "Only for people who are signed in", "An API key cannot do this. Nothing was saved.", "Sign in and do it yourself."},
	{"not-yourself", "Not to yourself", "Nobody suspends themselves. Nothing was changed.", "Ask another administrator of your organisation."},
	{"status-already", "It is so already", "The person is in this state already. Nothing was changed.", "Read it again to see its state."},
	{"suspended-by-partner", "The partner has suspended the person", "The person's own company has suspended them. Nothing was changed.", "Ask the partner."},
}
