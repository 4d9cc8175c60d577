package portal

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
)

// A partner's word that its account is the customer of what it shares with a vendor: made on an opportunity that both share, taken
// back on the account. The vendor learns nothing of it.

// linkForm links the own account with the customer of the opportunity; none where that is done, or is not for this person.
func (v *visit) linkForm(o record) ([]views.Form, error) {
	if o.private == nil || o.private.AccountID == nil || o.ConnectionID == nil || !v.actor.Allowed(operational.AccountsWrite) {
		return nil, nil
	}
	linked, err := v.deps.Accounts.Linked(v.ctx, v.actor, *o.private.AccountID)
	if hiddenOr(err) != nil {
		return nil, err
	}
	if err != nil || slices.Contains(linked, *o.ConnectionID) {
		return nil, nil
	}
	return []views.Form{{
		ID: "link", Title: "Link your account", Action: "/opportunities/" + o.ID.String() + "/link", Submit: "Link", Version: "0",
		Shown: []views.Field{{Name: "What it says", Value: "That your account is the customer of what you share with " + v.counterpart(o.Opportunity) + ". Only your company sees the link."}},
	}}, nil
}

// linkAccount links the account that the half of the opportunity names.
func (p *Portal) linkAccount(v *visit) error {
	o, err := v.record()
	if err != nil {
		return err
	}
	if o.private == nil || o.private.AccountID == nil {
		return operational.NotFound("opportunity")
	}
	_, err = v.deps.Opportunities.LinkAccount(v.ctx, v.actor, *o.private.AccountID, o.ID)
	switch operational.KindOf(err) {
	case operational.KindInvalid, operational.KindConflict:
		return v.againFor(o, attempt{form: "link"}, err)
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/opportunities/"+o.ID.String()+"?saved=link", http.StatusSeeOther)
	return nil
}

// unlinkAccount takes a link of an account back.
func (p *Portal) unlinkAccount(v *visit) error {
	id, err := v.pathID("account")
	if err != nil {
		return err
	}
	connection, err := uuid.Parse(v.r.PostForm.Get("connection_id"))
	if err != nil {
		return operational.NotFound("link")
	}
	if err := v.deps.Accounts.Unlink(v.ctx, v.actor, id, connection); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/accounts/"+id.String()+"?saved=edit", http.StatusSeeOther)
	return nil
}

// unlinkBlock takes back the link with one vendor, after a second word.
func unlinkBlock(account, connection uuid.UUID, vendor string) views.Block {
	return views.Block{ID: "link-" + connection.String(), Title: "Shared with " + vendor, Form: &views.Sent{
		Action: "/accounts/" + account.String() + "/unlink", Submit: "Remove the link with " + clip(vendor, 60), Ask: "Remove the link…", Quiet: true,
		Hidden: []views.Field{{Name: "connection_id", Value: connection.String()}},
	}}
}
