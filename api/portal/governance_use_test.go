package portal_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// asks answers what the browser asks before a page is left, and counts how often it did.
func (b *tab) asks(leave *atomic.Bool) *atomic.Int32 {
	b.t.Helper()
	asked := &atomic.Int32{}
	require.NoError(b.t, chromedp.Listen(b.ctx, func(ev any) {
		if _, is := ev.(*page.EventJavascriptDialogOpening); !is {
			return
		}
		go func() { // the reader of events waits for nothing
			_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: leave.Load()})
			asked.Add(1)
		}()
	}))
	return asked
}

// Boxes are walked over and ticked by keys like the cells beside them; what is not applied is not lost by leaving the page,
// and is gone when it is discarded.
func TestTicksByKeyboardAreNotLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.govern(t)
	b := newTab(t, w).as(leaderMail)
	b.see(looks[0])
	b.open("/governance/roles?role=service_agent")
	var leave atomic.Bool
	asked := b.asks(&leave)
	focused := `document.activeElement.name + ' ' + document.activeElement.value`
	eval[int](b, `(document.querySelector('input[name="act.opportunity"][value="read"]').focus(), 0)`)
	b.key(kb.ArrowRight)
	require.Equal(t, "act.opportunity edit", eval[string](b, focused))
	b.key(kb.ArrowRight)
	require.Equal(t, "act.opportunity export", eval[string](b, focused), "boxes that cannot be ticked are passed over")
	b.key(kb.ArrowRight)
	require.Equal(t, "act.opportunity export", eval[string](b, focused), "there is no further one")
	for range 2 {
		b.key(kb.ArrowDown)
		require.Equal(t, "act.product export", eval[string](b, focused), "below it none can be ticked")
	}
	b.key(kb.ArrowUp)
	require.NotEqual(t, "none", eval[string](b, `getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).boxShadow`), "one sees where one is")
	b.key(" ")
	require.False(t, eval[bool](b, `document.activeElement.checked`))
	b.until(`document.querySelector('#role-bar').innerText.includes('1 change not applied')`, "the bar")
	require.Equal(t, "act.opportunity export", eval[string](b, focused), "the keyboard stays where it is")
	b.accessible()

	b.click(`.l-rail a[href="/governance/access"]`)
	require.Eventually(t, func() bool { return asked.Load() == 1 }, 20*time.Second, 20*time.Millisecond, "leaving asks")
	require.Contains(t, b.path(), "/governance/roles")
	require.False(t, eval[bool](b, `document.querySelector('input[name="act.opportunity"][value="export"]').checked`), "what was changed is still there")
	b.leaves("discarded", func() { b.click(`#role-bar [data-discard]`) })
	require.True(t, eval[bool](b, `document.querySelector('#role-bar').classList.contains('is-idle') && document.querySelector('input[name="act.opportunity"][value="export"]').checked`))
	require.EqualValues(t, 1, asked.Load(), "discarding needs no second word")

	eval[int](b, `(document.querySelector('input[name="act.opportunity"][value="export"]').focus(), 0)`)
	b.key(" ")
	b.until(`document.querySelector('#role-bar').innerText.includes('1 change not applied')`, "the bar")
	leave.Store(true)
	b.leaves("whoever says so leaves", func() { b.click(`.l-rail a[href="/governance/access"]`) })
	require.Equal(t, "/governance/access", b.path())
	b.open("/governance/roles?role=service_agent")
	require.True(t, eval[bool](b, `document.querySelector('input[name="act.opportunity"][value="export"]').checked`), "nothing was applied")
	b.quiet()
}

// click follows a link without waiting for what comes of it.
func (b *tab) click(selector string) {
	b.t.Helper()
	eval[int](b, `(setTimeout(() => document.querySelector('`+selector+`').click()), 0)`)
}

// With chosen people as the scope those who are ticked come in, and their colleagues do not.
func TestChosenPeopleComeIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs := "/opportunities/" + w.opportunity.ID.String()
	b := newTab(t, w).as(leaderMail)
	b.see(looks[0])
	b.open("/governance/access?q=Kestrel")
	box := `[...document.querySelectorAll('input[name="contact"]')].find(i => i.closest('label').innerText.includes('Tomasz'))`
	apply := func() {
		b.leaves("applied", func() { b.press(`#access-bar button[value="apply"]`) })
		require.Contains(t, b.path(), "saved=1")
	}
	b.press(`input[name="mode"][value="contacts"]`)
	b.until(`document.querySelector('#access-bar').innerText.includes('would be shut out at once')`, "whom it shuts out")
	require.Equal(t, http.StatusOK, w.as(t, partnerMail).get(theirs).status, "a review changes nothing")
	apply()
	require.Contains(t, eval[string](b, `document.querySelector('.c-lede').innerText`), "Only the ticked people come in.")
	require.Equal(t, http.StatusNotFound, w.as(t, partnerMail).get(theirs).status, "nobody is ticked")

	b.open("/governance/access?q=Kestrel")
	eval[int](b, `(`+box+`.click(), 0)`)
	b.until(`document.querySelector('#access-bar').innerText.includes('1 person of 1 partner would come in; 1 of them cannot now.')`, "whom it lets in")
	require.True(t, eval[bool](b, box+`.closest('label').classList.contains('is-changed')`))
	b.accessible()
	b.shot("governance-access-people")
	apply()
	require.Equal(t, http.StatusOK, w.as(t, partnerMail).get(theirs).status, "who is ticked comes in")
	require.True(t, eval[bool](b, box+`.checked`))
	b.quiet()
}

// A section of a layout whose fields wait for another one's value is in the form while that holds.
func TestAConditionShowsAndHidesASection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := w.db.Owner(t).Exec(t.Context(), sql, args...)
		require.NoError(t, err)
	}
	kind, layout := uuid.New(), uuid.New()
	exec(`insert into crm.custom_field (id, org_id, object, name, label, type, choices, created_at, updated_at) values
		(gen_random_uuid(), $1, 'opportunity', 'x_kind', 'Kind', 'choice', '{big,small}', now(), now()), (gen_random_uuid(), $1, 'opportunity', 'x_budget', 'Budget', 'number', '{}', now(), now())`, w.vendor)
	exec(`insert into crm.record_type (id, org_id, object, name, is_default, created_at, updated_at) values ($2, $1, 'opportunity', 'Project', true, now(), now())`, w.vendor, kind)
	exec(`insert into crm.page_layout (id, org_id, object, name, definition, created_at, updated_at) values ($2, $1, 'opportunity', 'Project',
		'{"sections":[{"title":"The deal","fields":[{"name":"x_kind"}]},{"title":"Money","fields":[{"name":"x_budget","show_if":{"field":"x_kind","in":["big"]}}]}]}', now(), now())`, w.vendor, layout)
	exec(`insert into crm.layout_assignment (org_id, role_key, record_type_id, layout_id) values ($1, $2, $3, $4)`, w.vendor, w.leader.Role, kind, layout)
	_, err := w.deps.Opportunities.Update(t.Context(), w.db.WithRights(t, w.leader), w.opportunity.ID, w.opportunity.Version, opportunities.Update{RecordTypeID: operational.Set(kind)})
	require.NoError(t, err)
	b := newTab(t, w).as(leaderMail)
	b.see(looks[0])
	b.open("/opportunities/new?with=own&type=" + kind.String())
	titles := `[...document.querySelectorAll('main form h2, main form h3, main form legend')].map(n => n.innerText).join('; ')`
	require.Contains(t, eval[string](b, titles), "The deal")
	require.NotContains(t, eval[string](b, titles), "Money", "nothing of the section is shown, so that it is not")

	b.open("/opportunities/" + w.opportunity.ID.String())
	for _, step := range []struct {
		kind  string
		shown bool
	}{{"big", true}, {"small", false}, {"big", true}, {"", false}} {
		b.sends(`document.querySelector('#edit-x_kind').value = '`+step.kind+`', document.querySelector('#edit form button').click()`, "saved as "+step.kind)
		require.Contains(t, b.path(), "?saved=edit")
		require.Equal(t, step.shown, eval[bool](b, `Boolean(document.querySelector('#edit-x_budget'))`), "kind %q", step.kind)
		require.Equal(t, step.shown, eval[bool](b, `document.querySelector('#edit').innerText.includes('Budget')`), "kind %q", step.kind)
	}
	b.quiet()
}
