package api

// problemsOfSignIn are the problems of signing in beyond a password.
var problemsOfSignIn = []ProblemType{
	{"second-factor-needed", "A code is needed", "Mail address and password are right; the person has a second factor.", "Send the code that the authenticator shows, or a recovery code, as `code`."},
	{"second-factor-overtaken", "Another second factor was set meanwhile", "Another one was set after this one was begun, perhaps in another tab. The first stays; this one was not saved.", "Delete what the authenticator has learnt of this one, or begin again to put it in place of the other."},
	{"second-factor-missing", "A second factor is needed", "Mail address and password are right; the organisation asks its people for a second factor, and the person has none.", "Sign in on the pages once: they help to set one up."},
	{"provider-needed", "The identity provider is needed", "Mail address and password are right; the organisation asks its people to sign in by its identity provider.", "Sign in on the pages, which lead to the provider."},
	{"no-such-provider", "There is no such way to sign in", "The address leads to an identity provider that is not here, or not any more.", "Ask an administrator of your organisation for the address."},
	{"provider-unreachable", "The provider does not answer", "The identity provider could not be asked, or failed. Nothing was done.", "Try again in a moment. If it stays so, tell an administrator of your organisation."},
	{"provider-declined", "The provider has not signed you in", "The identity provider answered that it has not signed you in: you may have stopped there, or may not use this program.", "Try again, or ask an administrator of your organisation."},
	{"provider-answer-void", "The provider's answer cannot be relied on", "What the identity provider answered is not for this sign-in, is not signed by it, or is too old. Nobody was signed in.", "Begin again. If it stays so, tell an administrator of your organisation; the log of the server says what was wrong."},
	{"identity-unknown", "Nobody here is known by that account", "The identity provider has signed you in, and nobody here is connected with that account.", "Sign in with your password once and connect the provider on the page of your account, or ask an administrator to invite you."},
	{"identity-taken", "The account belongs to somebody else here", "The account at the identity provider is connected with another person. Nothing was connected.", "Sign out at the provider and try again with your own account."},
	{"member-suspended", "You are not let in at the moment", "Your organisation has suspended you, so its identity provider does not sign you in.", "Ask an administrator of your organisation."},
	{"only-way-in", "It is the only way in", "There is no password and no other provider that lets the person in, so the connection to the identity provider stays. Nothing was changed.", "Ask an administrator of your organisation if you want to sign in in another way. To keep somebody else out, suspend them."},
	{"provider-demanded", "The provider is asked for", "People of the organisation must sign in by this identity provider, so it stays. Nothing was changed.", "Change the rule of signing in first."},
	{"too-many-providers", "There are too many providers", "The organisation has as many identity providers as it may have. Nothing was saved.", "End one that is of no use any more."},
	{"reset-over", "The link is over", "The link to set a lost password was used, is older than half an hour, or is not complete. Nothing was changed.", "Ask for a new one."},
	{"sign-in-over", "The sign-in is over", "It took too long between the steps of signing in, or the password became another meanwhile.", "Begin again with mail address and password."},
	{"more-proof-needed", "The organisation asks for more", "The organisation asks its people for a second factor, or for its identity provider, and the session has not shown it. Nothing was done.", "Sign in anew, as the organisation asks."},
	{"not-yours-yet", "Not before you have it yourself", "Whoever asks everybody for a second factor or for a provider has signed in so. Nothing was saved.", "Set it up for yourself, sign in by it and try again."},
	{"no-password", "There is no password", "Whoever signs in by a provider alone has no password that a second factor would stand beside, and no mail address that signs them in.", "Look after both at your provider."},
	{"address-over", "The link is over", "The link to another mail address was used, is older than half an hour, is not complete, or was asked for by somebody else. Nothing was changed.", "Ask for a new one."},
	{"password-session-needed", "A session by a provider does not do it", "A provider speaks for its people in its own organisation alone, and a name is shown wherever one works. Nothing was saved.", "Sign in with your password and change the name there."},
	{"second-factor-demanded", "Your company asks for it", "A company of yours asks its people for a second factor, so it cannot be taken away.", "Set up another authenticator in its place."},
}
