package api

// problemsOfSignIn are the problems of signing in beyond a password.
var problemsOfSignIn = []ProblemType{
	{"second-factor-needed", "A code is needed", "Mail address and password are right; the person has a second factor.", "Send the code that the authenticator shows, or a recovery code, as `code`."},
	{"second-factor-missing", "A second factor is needed", "Mail address and password are right; the organisation asks its people for a second factor, and the person has none.", "Sign in on the pages once: they help to set one up."},
	{"provider-needed", "The identity provider is needed", "Mail address and password are right; the organisation asks its people to sign in by its identity provider.", "Sign in on the pages, which lead to the provider."},
	{"sign-in-over", "The sign-in is over", "It took too long between the steps of signing in, or the password became another meanwhile.", "Begin again with mail address and password."},
	{"more-proof-needed", "The organisation asks for more", "The organisation asks its people for a second factor, or for its identity provider, and the session has not shown it. Nothing was done.", "Sign in anew, as the organisation asks."},
	{"not-yours-yet", "Not before you have it yourself", "Whoever asks everybody for a second factor or for a provider has signed in so. Nothing was saved.", "Set it up for yourself, sign in by it and try again."},
	{"no-password", "There is no password", "Whoever signs in by a provider alone has no password that a second factor would stand beside.", "Look after the second factor at your provider."},
	{"second-factor-demanded", "Your company asks for it", "A company of yours asks its people for a second factor, so it cannot be taken away.", "Set up another authenticator in its place."},
}
