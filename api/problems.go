package api

// ProblemType is a sort of problem in words: the page behind the `type` of problem details.
type ProblemType struct {
	Code  string
	Title string // the same for every problem of the type
	What  string // what happened, and what was kept
	Do    string // what to do
}

// ProblemsPath is where the pages of the sorts of problems are.
const ProblemsPath = "/problems/"

// ProblemTypeOf finds a sort of problem by its code.
func ProblemTypeOf(code string) (ProblemType, bool) {
	t, known := problemTypes[code]
	return t, known
}

// typesOf makes the catalogue; a code that is there twice is a fault of the program.
func typesOf(lists ...[]ProblemType) map[string]ProblemType {
	all := map[string]ProblemType{}
	for _, list := range lists {
		for _, t := range list {
			if _, twice := all[t.Code]; twice {
				panic("the problem " + t.Code + " is described twice")
			}
			all[t.Code] = t
		}
	}
	return all
}

// problemTypes is every sort of problem that the program tells of. A test finds all that are used in the code, so that
// none can be added without words.
var problemTypes = typesOf(problemsOfRequests, problemsOfCallers, problemsOfSignIn, problemsOfRecords, problemsOfGovernance, problemsOfInterconnect, problemsOfImports, problemsOfTheProgram)

var problemsOfRequests = []ProblemType{
	{
		"invalid-input", "The request is not valid", "Some values of the request are not valid. Nothing was saved.",
		"Look at errors: each names the place, what is wrong there and, where it may be repeated, the value. All are told at once.",
	},
	{"invalid-filter", "The filter cannot be used", "The filter names an unknown field, or cannot be read.", "The message names the position. Fields and operators are in the description of the list."},
	{"invalid-sort", "The order cannot be used", "The sort names an unknown field, or cannot be read.", "Give fields parted by commas, with a minus before those that go down."},
	{"invalid-list", "The list cannot be read like this", "A value in the filter does not fit its field.", "Look at errors for the field and what it takes."},
	{"invalid-cursor", "The cursor is of another list", "A cursor goes on in the very list that gave it: same caller, filter and sort.", "Ask for the first page without cursor and go on from there."},
	{"invalid-period", "The period is not valid", "The period could not be read.", "Write a year as 2017, a quarter as 2017-Q1 or a month as 2017-03."},
	{"question-too-long", "The question is too long", "The filters of the question are too long to be kept in a receipt. Nothing was answered.", "Ask with fewer or shorter values."},
	{"not-acceptable", "None of the accepted forms is offered", "The header Accept asks for a form that this address does not have.", "Accept application/json, or leave the header out."},
	{"unsupported-media-type", "The content type is not supported", "The body is of a type that this address does not read. Nothing was saved.", "Send JSON with Content-Type: application/json, and files as multipart/form-data."},
	{"body-too-large", "The body is too large", "The body is larger than this address takes. Nothing was saved.", "The message names the limit. Send less at once."},
	{"body-too-slow", "The body came too slowly", "The body did not arrive whole and in time. Nothing was saved.", "Send it again over a faster or steadier connection."},
	{"method-not-allowed", "This address has no such method", "The address is there, but not with this method. Nothing was done.", "The header Allow names the methods that it has."},
	{"not-modified", "Not modified", "You have the present version already.", "Go on with what you have."},
	{"form", "The form could not be read", "The form did not arrive as one. Nothing was saved.", "Open the page again and send the form anew."},
	{"unexpected-field", "The form has a field that is not taken", "A field of the form is not one that this address takes, or not of yours. Nothing was saved.", "Open the page again and send its form as it is."},
	{"version-missing", "The form is not complete", "The form does not say which version of the record it changes. Nothing was saved.", "Open the page again and repeat the change."},
	{
		"if-match-required", "If-Match is needed", "A change must say which version of the record it was made for, so that nobody's change is lost. Nothing was saved.",
		"Read the record and send its ETag as If-Match.",
	},
	{
		"if-match-any", "If-Match: * is refused", "* would put the change over whatever others have saved meanwhile, unseen. Nothing was saved.",
		"Read the record, look at it, and send its ETag as If-Match.",
	},
	{
		"if-match-weak", "A weak ETag is refused", "A weak tag (W/) says that two versions are alike, not that they are the same. Nothing was saved.",
		"Send the ETag as you got it, without W/. A proxy that rewrites ETags must leave these alone.",
	},
	{"if-match-malformed", "If-Match is no ETag of ours", "If-Match does not name one version of a record. Nothing was saved.", `Send the ETag of the record as you got it, with its quotes, for example "v3".`},
	{
		"idempotency-key-reused", "The key belongs to another request", "This Idempotency-Key was used for another request. Nothing was saved.",
		"Use a new key for a new act, and the same key with the same body to repeat one.",
	},
	{"still-at-work", "The first request is still at work", "A request with this Idempotency-Key has not been answered yet. Nothing was done twice.", "Ask again in a moment with the same key."},
	{"first-request-failed", "The first request failed", "The first request with this Idempotency-Key failed on our side. Nothing was saved.", "Send it again with the same key."},
	{
		"outcome-unknown", "Nobody knows how it ended", "The first request with this Idempotency-Key never gave its answer.",
		"Look whether it had its effect. If it had none, send it with a new key.",
	},
	{
		"answer-outdated", "Done already; its answer is not repeated", "The request was carried out when it was first sent, and what you may see has changed since. Nothing was done twice.",
		"Read the record: it is shown as your role shows it now.",
	},
	{"cross-origin", "Refused because it came from another site", "A change must come from this site's own pages, or carry an API key. Nothing was saved.", "Open the page here and send the form again; programs use API keys."},
}

var problemsOfCallers = []ProblemType{
	{"sign-in-required", "Sign in first", "The request carries no credential.", "Sign in, or send an API key as Authorization: Bearer."},
	{"session-expired", "Sign in again", "You are not signed in, or not any more.", "Sign in again."},
	{"invalid-credential", "The credential is not valid", "The header Authorization holds no credential of ours.", "Send Authorization: Bearer with an API key, or sign in."},
	{"invalid-api-key", "The API key is not valid", "The key is unknown, has expired or was revoked.", "Make a new key, and store it where the old one was."},
	{"no-such-workspace", "There is no such workspace", "The workspace is not there, or not one of yours. Nothing was changed.", "Choose one from the list at the top of the navigation."},
	{"two-credentials", "One credential too many", "The request carries both a session and an API key, so that it is not clear whose rights are meant.", "Send one of them."},
	{"sign-in-failed", "Mail address or password is wrong", "Mail address and password do not belong together.", "Check both and try again. After many failures there is a pause."},
	{
		"too-many-attempts", "Too many failed sign-ins", "Too many attempts to sign in failed, from one place or for one address; or too many codes of a second factor were wrong, of which one an hour is taken then. Whoever is signed in stays so.",
		"Wait as long as Retry-After says. A recovery code ends the long wait for a code. If that was not you, somebody may be guessing: choose a new, long password.",
	},
	{"no-workspace", "You belong to no organisation here", "The password is right, but no organisation counts you as a member.", "Ask an administrator of yours."},
	{"not-permitted", "Not permitted", "Your role, or your API key, may not do this. Nothing was saved.", "Ask an administrator of your organisation, or use a key with the permission that the message names."},
	{"vendor-only", "Only a vendor may do this", "The act belongs to the vendor of a channel. Nothing was saved.", "Ask the vendor."},
	{"too-many-requests", "Too much at once", "The credential made more requests than it may. Nothing was done.", "Wait as long as Retry-After says."},
	{"too-many-uploads", "Too many uploads at once", "Other files are being uploaded at this moment. Nothing was saved.", "Try again in a moment."},
}

var problemsOfRecords = []ProblemType{
	{"not-found", "Not found", "There is no such record, or it is not yours to see: both look the same.", "Check the address, and which organisation you are signed in for."},
	{"stale", "The record has changed", "Somebody changed the record after you read it. Nothing was saved.", "Read it again, see what is different, and repeat your change with the new ETag."},
	{"already-exists", "It exists already", "A record with these values exists already. Nothing was saved.", "Look for it, or choose other values."},
	{"not-your-process", "The process is another company's", "A sales process is changed by the organisation that made it alone. Nothing was saved.", "Ask the vendor whose process it is, or make one of your own."},
	{"process-retired", "The process is retired", "A retired sales process takes no new opportunities. Nothing was saved.", "Take it up again first, or choose another one."},
	{"stage-in-use", "Opportunities have been in the stage", "A stage that opportunities are in, or have been in, stays. Nothing was saved.", "Keep the stage, or retire the process and make a new one."},
	{"stage-keeps-place", "The stage keeps its place", "Figures of the past are counted by the places of open stages, so one that opportunities have been in keeps its own. Nothing was saved.", "Put new open stages behind it, or make a new process."},
	{"unknown-reference", "It refers to what is not there", "A record that this one refers to does not exist, or is not yours to see. Nothing was saved.", "Check the ids in the body."},
	{"rule-broken", "The values break a rule", "The database refused the values because they break a rule of the record. Nothing was saved.", "Check the values against the description of the operation."},
	{"invalid-value", "A value cannot be stored", "A value is too large, too long or of the wrong sort. Nothing was saved.", "Check the values against the description of the operation."},
	{"process-name-taken", "The name is taken", "Your organisation has a sales process with this name already. Nothing was saved.", "Choose another name."},
	{"product-name-taken", "The name is taken", "Your organisation has a product with this name already. Nothing was saved.", "Choose another name, or change the product that is there."},
	{"field-not-editable", "The field cannot be changed", "Your role may read this field and not change it. Nothing was saved.", "Leave the field out, or ask an administrator of your organisation (for a vendor's records: the vendor) for the right."},
	{"account-in-use", "The account is in use", "Contacts, opportunities or other accounts refer to the account. Nothing was deleted.", "Delete those first, or let them refer to another account."},
	{"contact-in-use", "The contact is in use", "Other records refer to the contact. Nothing was deleted.", "Let them refer to another contact first."},
	{"not-your-product", "The product is another's", "The product belongs to another organisation, which alone can change it.", "Ask its owner."},
	{"no-sales-process", "There is no sales process", "An opportunity goes through a sales process, and there is no default one. Nothing was saved.", "Name one, or have one set up."},
	{"opportunity-closed", "The opportunity is closed", "A closed opportunity does not move on. Nothing was saved.", "Reopen it first."},
	{"opportunity-open", "The opportunity is open", "Only a closed opportunity can be reopened. Nothing was saved.", "Move it instead."},
	{"opportunity-twice", "An opportunity is there twice", "Two rows have the same reference within one connection. Nothing was imported.", "Keep one of them and import again."},
	{"connection-not-active", "The connection is not active", "Opportunities of a connection that is suspended or ended can be read, not changed. Nothing was saved.", "Have the connection taken up again."},
}

var problemsOfImports = []ProblemType{
	{"export-too-large", "The export is too large", "The files together have more than an import takes. Nothing was imported.", "Split the export by period and import the parts one after another."},
	{"export-unreadable", "The export cannot be read", "At least one file cannot be trusted as a whole. Nothing was imported.", "Look at errors for all faults of all files, put them right and import again."},
	{"mapping-unreadable", "The mapping cannot be read", "The mapping is no YAML of the expected form. Nothing was imported.", "Put right what the message names."},
	{
		"stage-not-in-process", "A stage is missing", "The vendor's sales process has no stage that the mapping names. Nothing was imported.",
		"Give the process of this export another name in the mapping, or name a stage that the process has.",
	},
	{"account-reference", "An account cannot be told from others", "The reference of an account is empty, there twice, or names a parent that is not there. Nothing was imported.", "Put the reference right and import again."},
	{"export-running", "An export is running", "One export at a time may run for a credential, at each program that serves. Nothing was sent.", "Wait for the end of the first one, then try again."},
	{"import-ended", "The import has ended", "There is nothing to cancel any more.", "Read the import to see how it ended."},
}

var problemsOfTheProgram = []ProblemType{
	{"internal", "Something went wrong here", "This is our fault, not yours. It was noted.", "Tell whoever runs this server the X-Request-Id of the answer."},
	{"busy", "Others were at work on the same", "Others changed or asked for the same at this moment. Nothing was saved.", "Try again in a moment."},
	{"cut-off", "The request was cut off", "The request ended before it was done.", "Look whether it had its effect, then try again; with an Idempotency-Key nothing happens twice."},
	{"database-unavailable", "The database does not answer", "The operational database cannot be reached. Nothing was saved.", "Try again in a moment."},
	{"warehouse-away", "The figures are away", "The analytic store does not answer at the moment. Nothing is lost: figures are made of records, which can be read and changed meanwhile.", "Try again in a moment. If it stays, tell whoever runs this server."},
	{"warehouse-busy", "Many ask for figures", "The analytic store answers as many questions as it takes at a time, and some of them take long.", "Try again in a moment. A shorter period or a narrower filter is faster."},
	{"warehouse-refused", "The figures are away", "This program cannot sign in to the analytic store. Nothing is lost: figures are made of records, which can be read and changed meanwhile.", "Tell whoever runs this server, whose log says what to do. Figures come back by themselves."},
	{"warehouse-unable", "The figures could not be worked out", "The analytic store could not answer this as it is set up: it lacks memory, time, room or a right. Nothing is lost: figures are made of records, which can be read and changed meanwhile.", "Ask for less: a shorter period, a narrower filter. If it stays, tell whoever runs this server, whose log says what to do."},
	{"warehouse-part-away", "A part of the figures is away", "The part of the analytic store that has these figures does not answer at the moment. Nothing is lost: figures are made of records, which can be read and changed meanwhile.", "Try again in a moment. If it stays, tell whoever runs this server."},
	{"warehouse-not-ready", "The figures are being loaded", "The analytic store is still taking its first copy of the data. Records can be read and changed meanwhile.", "Try again in a moment; GET /v1/pipelines shows how far it is."},
}
