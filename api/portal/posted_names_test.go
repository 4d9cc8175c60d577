package portal

// Takes are the fields of each form, for tests that come from outside.
var Takes = takes
