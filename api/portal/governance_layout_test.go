package portal_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// previewed looks at a layout of name, stage and a field of the company's own, which waits for the stage, as roles see it:
// as it is arranged on the page, with nothing of that saved, and as their forms really are.
func (w *world) previewed(t *testing.T, v *visitor, editor string) {
	t.Helper()
	p := v.get(editor)
	show := func(more url.Values) string {
		values := p.inputs(editor, more)
		values.Set("do", "show")
		values.Set("as", "dealer_personnel")
		p = v.post(editor, values)
		require.Equal(t, 200, p.status)
		return p.text()
	}
	exec := func(set string) {
		_, err := w.db.Owner(t).Exec(t.Context(), `update crm.role_object set `+set+` where org_id = $1 and role_key = 'dealer_personnel' and object = 'opportunity'`, w.vendor)
		require.NoError(t, err)
	}
	exec(`readable = readable || 'x_asked_discount'::text, editable = editable || 'x_asked_discount'::text`)
	seen := show(url.Values{"title.0": {"Not saved"}, "required.0.1": {""}})
	require.Contains(t, seen, "Asked discount can be filled in, when Stage is Proposal or Won")
	require.Contains(t, seen, "Name can be filled in", "the box was cleared on the page")
	require.Equal(t, "Not saved", p.inputs(editor, nil).Get("title.0"), "what was arranged stays")
	require.NotContains(t, v.get(editor).raw, "Not saved", "nothing is saved")

	exec(`readable = array_remove(readable, 'stage'), editable = array_remove(editable, 'stage')`)
	seen = show(nil)
	require.NotContains(t, seen, "Asked discount can", "it waits for what the role does not read")
	require.NotContains(t, seen, "when Stage is Proposal or Won")
	for _, set := range []string{`access = 'read', can_create = false`, `access = 'read_write', can_create = false, can_edit = false`} {
		exec(set)
		require.Contains(t, show(url.Values{"required.0.1": {"on"}}), "Name is shown", set)
	}
	exec(`can_read = false, can_create = false, can_edit = false, can_export = false`)
	require.Contains(t, show(nil), "The role sees none of these fields.")
}

// The choice and its button stand beside the form whose arrangement they preview: a browser sends them with it.
func TestThePreviewGoesWithTheArrangement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.govern(t)
	path := w.first(t, "/governance/types", "/governance/layouts/")
	b := newTab(t, w).as(leaderMail)
	for _, l := range []look{looks[0], looks[len(looks)-1]} {
		b.see(l)
		b.open(path)
		eval[int](b, `(document.querySelector('input[name="title.0"]').value = 'Not saved', document.querySelector('#l-as').value = 'dealer_personnel', 0)`)
		b.follow(`button[value="show"]`, "the preview")
		require.Equal(b.t, "Not saved", eval[string](b, `document.querySelector('input[name="title.0"]').value`))
		require.Equal(b.t, "Not saved", eval[string](b, `document.querySelector('section[aria-labelledby="seen-t"] h3').textContent`))
		require.Equal(b.t, "dealer_personnel", eval[string](b, `document.querySelector('#l-as').value`))
		b.accessible()
		b.fits()
		b.shot("layout-preview-" + l.name)
	}
	require.NotContains(t, w.as(t, leaderMail).get(path).raw, "Not saved")
}
