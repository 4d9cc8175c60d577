package portal

import (
	"errors"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/imports"
)

// takes are the names of the fields that the form of each address sends, buttons too. A name with a star stands for all
// that begin like it. A form that is not here has no fields: whoever adds one names them here.
var takes = map[string][]string{
	"POST /sign-in":               {"email", "password", "return"},
	"POST /sign-in/code":          {"code", "return"},
	"POST /sign-in/factor":        {"code", "token", "return"},
	"POST /sign-in/forgotten":     {"email", "return"},
	"POST /sign-in/reset/{token}": {"new_password", "return"},
	"POST /theme":                 {"theme", "return"},
	"POST /keys":                  {"keys", "return"},
	"POST /workspace":             {"room", "return"},

	// Browsers find the account of a password by the name of its user.
	"POST /account/password":             {"username", "current_password", "new_password", "again"},
	"POST /account/profile":              {"name", "time_zone"},
	"POST /account/address":              {"email", "current_password", "current_code"},
	"POST /account/second-factor":        {"username", "token", "code", "current_password", "current_code"},
	"POST /account/second-factor/remove": {"username", "current_password", "current_code"},
	"POST /account/sign-ins/{id}":        {"username", "current_password", "current_code"},

	"POST /opportunities/new":          byRecord,
	"POST /opportunities/{id}/move":    {"version", "stage_id", "reason"},
	"POST /opportunities/{id}/reopen":  {"version", "stage_id", "reason"},
	"POST /opportunities/{id}/edit":    byRecord,
	"POST /opportunities/{id}/private": byRecord,
	"POST /opportunities/{id}/link":    {"version"},
	"POST /accounts/new":               byRecord,
	"POST /accounts/{id}/edit":         byRecord,
	"POST /accounts/{id}/delete":       {"version"},
	"POST /accounts/{id}/unlink":       {"connection_id"},
	"POST /contacts/new":               byRecord,
	"POST /contacts/{id}/edit":         byRecord,
	"POST /contacts/{id}/delete":       {"version"},
	"POST /contacts/{id}/erase":        {"version", "reason", "confirm"},
	"POST " + importsPath:              {"kind", "dry_run", "file"},

	"POST /governance/roles":               {"do", "version.*", "base.*", "act.*", "reach.*", "field.*", "types.*"},
	"POST /governance/new-role":            {"name", "audience", "copy", "hat", "description"},
	"POST /governance/roles/{key}/edit":    {"version", "name", "description", "capability"},
	"POST /governance/roles/{key}/default": {"version"},
	"POST /governance/roles/{key}/delete":  {"version"},
	"POST " + viewAsPath:                   {"role"},
	"POST /governance/access":              {"do", "version", "mode", "company", "contact", "shown.company", "shown.contact"},
	"POST /governance/types":               {"object", "name"},
	"POST /governance/types/{id}":          {"version", "name", "description", "default", "active", "layout.*"},
	"POST /governance/fields":              {"object", "label", "type", "choices"},
	"POST /governance/fields/{id}":         {"version", "label", "active", "choices"},
	"POST /governance/layouts":             {"object", "name"},
	"POST /governance/layouts/{id}":        {"do", "version", "name", "title.*", "name.*", "required.*", "if.*", "in.*", "add.*", "as"},
	"POST /governance/layouts/{id}/delete": {"version"},

	"POST /invitations/{token}/ask":    {"email"},
	"POST /invitations/{token}/join":   {"name", "email", "password", "ticket", "company", "country", "currency", "time_zone", "fiscal_month"},
	"POST /invitations/{token}/reject": {"reason"},

	"POST /partner-invitations/new":               {"partner_name", "email", "partner_number", "tier", "region", "external_role", "channel_manager_id", "good_for", "message"},
	"POST /partner-invitations/{id}/again":        {"version"},
	"POST /partner-invitations/{id}/revoke":       {"version"},
	"POST /administrator-invitations/new":         {"connection", "email", "good_for", "message"},
	"POST /administrator-invitations/{id}/again":  {"version"},
	"POST /administrator-invitations/{id}/revoke": {"version"},
	"POST /settings/invitations/new":              {"role", "email", "good_for", "message"},
	"POST /settings/invitations/{id}/again":       {"version"},
	"POST /settings/invitations/{id}/revoke":      {"version"},

	"POST /partners/{id}/edit":             {"version", "partner_number", "tier", "region"},
	"POST /partners/{id}/assign":           {"version", "role", "channel_manager_id"},
	"POST /partners/{id}/suspend":          {"version", "reason"},
	"POST /partners/{id}/resume":           {"version", "reason"},
	"POST /partners/{id}/end":              {"version", "reason"},
	"POST /partner-people/{id}/assign":     {"version", "role"},
	"POST /partner-people/{id}/suspend":    {"version"},
	"POST /partner-people/{id}/reactivate": {"version"},
	"POST /connections/invitation":         {"link"},
	"POST /connections/{id}/people":        {"do", "version", "mode", "person", "shown.person"},
	"POST /connections/{id}/end":           {"version", "reason"},

	"POST /settings":                         {"version", "name", "country_code", "time_zone", "fiscal_month", "currency"},
	"POST /settings/channel":                 {"version"},
	"POST /settings/people/{id}/assign":      {"version", "role", "regions"},
	"POST /settings/people/{id}/sign-out":    {"version"},
	"POST /settings/people/{id}/suspend":     {"version"},
	"POST /settings/people/{id}/reactivate":  {"version"},
	"POST /settings/people/{id}/unlink":      {"version", "identity_id"},
	"POST /settings/people/{id}/erase":       {"version", "reason", "confirm"},
	"POST /settings/keys/new":                {"name", "days", "connection_id", "scope"},
	"POST " + signInSettings:                 {"asks"},
	"POST " + providerSettings + "/new":      {"name", "issuer", "client_id", "client_secret", "join_role", "domains"},
	"POST " + providerSettings + "/{id}":     {"version", "name", "client_secret", "join_role", "domains"},
	"POST " + providerSettings + "/{id}/end": {"version"},
	"POST " + sellingPath + "/new":           {"name", "default", "new.*"},
	"POST " + sellingPath + "/{id}":          {"version", "name", "default", "active", "stage.*", "new.*"},
}

// byRecord is the form of a record: its page looks what the person knows of such records, and refuses the rest in the same
// way.
var byRecord = []string{"*"}

// taking runs what an address does with the form that was sent to it, if it has no field that the address does not take.
// Whoever may not come here has been told before. Files are read when it is their turn.
func taking(show func(*visit) error) func(*visit) error {
	return func(v *visit) error {
		if !takesFiles(v.r) {
			if err := readForm(v.r); err != nil {
				return err
			}
		}
		return show(v)
	}
}

// bare is the same for a page that is not of somebody who is signed in.
func (p *Portal) bare(show http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := readForm(r); err != nil {
			p.bareFault(w, r, err)
			return
		}
		show(w, r)
	}
}

// readForm reads a form into r.PostForm, and refuses one with a field that its address does not take. Nothing else reads
// forms.
func readForm(r *http.Request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // what cannot be read is of no kind that is taken
	var err error
	switch {
	case kind == "application/x-www-form-urlencoded" || r.ContentLength == 0:
		err = r.ParseForm()
	case kind == "multipart/form-data" && takesFiles(r):
		err = r.ParseMultipartForm(1 << 20)
	default:
		return errForm()
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large) && takesFiles(r):
		return fileFault("The file is larger than " + strconv.Itoa(imports.MaxBytes>>20) + " MB. Import it in parts.")
	case errors.As(err, &large):
		return operational.Fault(operational.KindInvalid, "form", "The form is larger than %d kB, so it was not read. Nothing was saved. Go back and shorten what is long in it, or send it in parts.", maxForm>>10)
	case err != nil:
		return errForm()
	}
	sent := maps.Clone(r.PostForm)
	if r.MultipartForm != nil {
		for name := range r.MultipartForm.File {
			sent.Add(name, "")
		}
	}
	return only(sent, takenAt(r))
}

func errForm() error {
	return operational.Fault(operational.KindInvalid, "form", "The form could not be read. Nothing was saved.")
}

// takenAt says which fields the address of a request takes. An address that ends in what is to be done has a form for each
// of that.
func takenAt(r *http.Request) func(name string) bool {
	known := takes[strings.Replace(r.Pattern, "{act}", r.PathValue("act"), 1)]
	return func(name string) bool {
		return slices.ContainsFunc(known, func(k string) bool {
			start, many := strings.CutSuffix(k, "*")
			return k == name || many && strings.HasPrefix(name, start)
		})
	}
}

// only refuses what a form does not take, and what is hidden in the same words.
func only(sent url.Values, taken func(name string) bool) error {
	var unknown operational.Faults
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if !taken(name) {
			unknown.Add(clip(name, 60), operational.UnexpectedMember, nil)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return &operational.Error{
		Kind: operational.KindInvalid, Code: "unexpected-field", Fields: unknown,
		Message: "The form has a field that is not taken here. Nothing was saved. Open the page again and send its form as it is.",
	}
}

// posted is the form of a request with the version that it changes.
func (v *visit) posted() (url.Values, int64, error) {
	version, err := strconv.ParseInt(v.r.PostForm.Get("version"), 10, 64)
	if err != nil {
		return nil, 0, operational.Fault(operational.KindPreconditionNeeded, "version-missing", "The form does not say which version it changes. Nothing was saved. Open the page again.")
	}
	return v.r.PostForm, version, nil
}
