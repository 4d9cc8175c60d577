package identity_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// code is what an authenticator shows at the clock of the test.
func (w world) code(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Unix(w.now.Load(), 0))
	require.NoError(t, err)
	return code
}

// armed gives the holder of a session a second factor, and waits until its codes are new.
func (w world) armed(t *testing.T, actor operational.Actor) (secret string, recovery []string) {
	t.Helper()
	e, err := w.BeginFactor(t.Context(), actor)
	require.NoError(t, err)
	recovery, err = w.SetFactor(t.Context(), actor, identity.FactorChange{Password: password, Token: e.Token, Code: w.code(t, e.Secret), From: "192.0.2.1"})
	require.NoError(t, err)
	w.pass(time.Minute)
	return e.Secret, recovery
}

// try signs Ada in with a code.
func (w world) try(ctx context.Context, code string) (identity.Opened, error) {
	return w.SignIn(ctx, identity.SignInInput{Email: adas, Password: password, Code: code, From: "192.0.2.1"})
}

func TestASecondFactorIsAskedForBesideThePassword(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	here, phone := w.signIn(t), w.signIn(t)
	secret, recovery := w.armed(t, here.Actor)
	require.Len(t, recovery, 10)
	require.NoError(t, w.session(here.Token), "who set it stays signed in")
	requireKind(t, operational.KindUnauthenticated, w.session(phone.Token), "others have not shown it")

	opened, err := w.try(ctx, "")
	require.NoError(t, err)
	require.Empty(t, opened.Token, "a password alone opens nothing")
	require.Equal(t, identity.NeedCode, opened.Half.Needs)
	requireKind(t, operational.KindUnauthenticated, w.session(opened.Half.Token), "what is half done is no session")

	done, err := w.FinishByCode(ctx, opened.Half.Token, w.code(t, secret), "192.0.2.1", "")
	require.NoError(t, err)
	require.NoError(t, w.session(done.Token))
	_, err = w.FinishByCode(ctx, opened.Half.Token, w.code(t, secret), "192.0.2.1", "")
	requireKind(t, operational.KindInvalid, err, "a code is taken once")
	_, err = w.try(ctx, w.code(t, secret))
	requireKind(t, operational.KindInvalid, err, "wherever it comes from")

	w.pass(30 * time.Second)
	_, err = w.try(ctx, w.code(t, secret))
	require.NoError(t, err, "all in one step, by who has it at hand")
	w.pass(10 * time.Minute)
	old := w.code(t, secret)
	w.pass(2 * time.Minute)
	_, err = w.try(ctx, old)
	requireKind(t, operational.KindInvalid, err, "an old code")
	require.Contains(t, w.noted(t), "second_factor.set by Ada of Ada")
	require.Contains(t, w.noted(t), "second_factor.refused by Ada of Ada")
}

func TestRecoveryCodesSignInOnce(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	_, recovery := w.armed(t, w.signIn(t).Actor)
	s, err := w.try(ctx, " "+recovery[3]+" ")
	require.NoError(t, err)
	require.NoError(t, w.session(s.Token))
	_, err = w.try(ctx, recovery[3])
	requireKind(t, operational.KindInvalid, err)
	f, err := w.Factor(ctx, s.Actor)
	require.NoError(t, err)
	require.True(t, f.Set)
	require.EqualValues(t, 9, f.RecoveryCodes)
	require.Contains(t, w.noted(t), "recovery_code.used by Ada of Ada")

	var found bool
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select exists (select from sec.recovery_code c where position($1::bytea in c.code) > 0)`, []byte(recovery[0])).Scan(&found))
	require.False(t, found, "kept as digests")
}

func TestSecretsOfAuthenticatorsAreKeptSealed(t *testing.T) {
	w := newWorld(t)
	secret, _ := w.armed(t, w.signIn(t).Actor)
	var kept []byte
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `select secret from sec.totp`).Scan(&kept))
	require.NotContains(t, string(kept), secret)
	require.Greater(t, len(kept), len(secret))
}

func TestGuessedCodesAreCountedFromEverywhere(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	secret, _ := w.armed(t, w.signIn(t).Actor)
	opened, err := w.try(ctx, "")
	require.NoError(t, err)
	var held error
	for i := 0; i < 30 && operational.KindOf(held) != operational.KindLimited; i++ {
		_, held = w.FinishByCode(ctx, opened.Half.Token, "000000", "192.0.2.1", "")
	}
	requireKind(t, operational.KindLimited, held)
	_, err = w.FinishByCode(ctx, opened.Half.Token, w.code(t, secret), "192.0.2.1", "")
	requireKind(t, operational.KindLimited, err, "also the right one, until the pause is over")
}

// Whoever knows the password guesses codes from many places: that holds them off, and not the person in the usual one.
func TestGuessingCodesElsewhereKeepsNobodyOutOfTheUsualPlace(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	_, err := w.Owner(t).Exec(ctx, `delete from sec.known_place`)
	require.NoError(t, err)
	secret, _ := w.armed(t, w.signIn(t).Actor)
	_, err = w.try(ctx, w.code(t, secret))
	require.NoError(t, err)
	w.pass(time.Minute)

	opened, err := w.SignIn(ctx, identity.SignInInput{Email: adas, Password: password, From: "203.0.113.1"})
	require.NoError(t, err)
	guess := func(from string) error {
		_, err := w.FinishByCode(ctx, opened.Half.Token, "000000", from, "")
		return err
	}
	for n := range 20 {
		requireKind(t, operational.KindInvalid, guess(fmt.Sprintf("203.0.113.%d", n+1)))
	}
	requireKind(t, operational.KindLimited, guess("203.0.113.100"))
	requireKind(t, operational.KindLimited, guess("203.0.113.1"), "a password alone makes no place a usual one")
	_, err = w.try(ctx, w.code(t, secret))
	require.NoError(t, err)
}

func TestAHalfDoneSignInIsForItsStepAlone(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	here := w.signIn(t)
	secret, _ := w.armed(t, here.Actor)
	half := func() string {
		opened, err := w.try(ctx, "")
		require.NoError(t, err)
		return opened.Half.Token
	}
	over := func(token, why string) {
		t.Helper()
		_, err := w.FinishByCode(ctx, token, w.code(t, secret), "192.0.2.1", "")
		requireKind(t, operational.KindUnauthenticated, err, why)
	}
	token := half()
	_, err := w.BeginFactorOf(ctx, token)
	requireKind(t, operational.KindUnauthenticated, err, "who has a factor sets no other on a password's word")
	_, _, err = w.FinishByFactor(ctx, token, identity.FactorChange{}, "")
	requireKind(t, operational.KindUnauthenticated, err)
	changed := []byte(token)
	changed[40] ^= 1
	over(string(changed), "changed on its way")
	over("", "none")
	e, err := w.BeginFactor(ctx, here.Actor)
	require.NoError(t, err)
	over(e.Token, "a token of another sort")

	w.pass(11 * time.Minute)
	over(token, "too late")
	token = half()
	_, err = w.ChangePassword(ctx, here.Actor, identity.PasswordChange{Current: password, New: other, From: "192.0.2.1"})
	require.NoError(t, err)
	over(token, "the password is another by now")
}

func TestACompanyAsksItsPeopleForASecondFactor(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	ada := w.signIn(t)
	_, err := w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAdministrator, Name: "Bob", Email: "bob@acme.example", Password: password})
	require.NoError(t, err)
	asBob := identity.SignInInput{Email: "bob@acme.example", Password: password, From: "192.0.2.2"}
	bob, err := w.SignIn(ctx, asBob)
	require.NoError(t, err)
	asked := identity.SignInRule{SecondFactor: true}

	_, err = w.SetSignInRule(ctx, ada.Actor, asked)
	requireKind(t, operational.KindConflict, err, "nobody asks for what they do not have")
	w.armed(t, ada.Actor)
	_, err = w.SetSignInRule(ctx, ada.Actor, asked)
	require.NoError(t, err)
	rule, err := w.SignInRule(ctx, ada.Actor)
	require.NoError(t, err)
	require.Equal(t, asked, rule)
	require.NoError(t, w.session(ada.Token))
	requireKind(t, operational.KindUnauthenticated, w.session(bob.Token), "a session without it ends at once")
	require.Contains(t, w.noted(t), "sign_in_rule.edited by Ada")
	require.Equal(t, `[{"is": "required", "was": "optional", "subject": "second_factor"}]`, w.decided(t, "sign_in_rule.edited"))

	opened, err := w.SignIn(ctx, asBob)
	require.NoError(t, err)
	require.Equal(t, identity.NeedFactor, opened.Half.Needs)
	e, err := w.BeginFactorOf(ctx, opened.Half.Token)
	require.NoError(t, err)
	_, _, err = w.FinishByFactor(ctx, opened.Half.Token, identity.FactorChange{Token: e.Token, Code: "000000"}, "")
	requireKind(t, operational.KindInvalid, err)
	done, recovery, err := w.FinishByFactor(ctx, opened.Half.Token, identity.FactorChange{Token: e.Token, Code: w.code(t, e.Secret)}, "")
	require.NoError(t, err)
	require.Len(t, recovery, 10)
	require.NoError(t, w.session(done.Token))
	_, _, err = w.FinishByFactor(ctx, opened.Half.Token, identity.FactorChange{Token: e.Token, Code: w.code(t, e.Secret)}, "")
	requireKind(t, operational.KindUnauthenticated, err, "it is set by now")

	w.pass(time.Minute)
	err = w.DropFactor(ctx, done.Actor, identity.FactorChange{Password: password, Current: w.code(t, e.Secret), From: "192.0.2.2"})
	requireKind(t, operational.KindConflict, err, "it stays while a company asks for it")
	_, err = w.SetSignInRule(ctx, ada.Actor, identity.SignInRule{})
	require.NoError(t, err)
	w.pass(time.Minute)
	require.NoError(t, w.DropFactor(ctx, done.Actor, identity.FactorChange{Password: password, Current: w.code(t, e.Secret), From: "192.0.2.2"}))
	opened, err = w.SignIn(ctx, asBob)
	require.NoError(t, err)
	require.Nil(t, opened.Half)
}

func TestNoSessionIsOpenedPastTheRule(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	ada := w.signIn(t)
	w.armed(t, ada.Actor)
	_, err := w.SetSignInRule(ctx, ada.Actor, identity.SignInRule{SecondFactor: true})
	require.NoError(t, err)
	_, err = w.Enter(ctx, w.person.Membership, "")
	requireKind(t, operational.KindForbidden, err, "the table itself refuses")
	require.ErrorContains(t, err, "asks its people for more")
}

func TestAnotherFactorTakesThePasswordAndACode(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	s := w.signIn(t)
	secret, recovery := w.armed(t, s.Actor)
	e, err := w.BeginFactor(ctx, s.Actor)
	require.NoError(t, err)
	next := identity.FactorChange{Password: password, Token: e.Token, Code: w.code(t, e.Secret), From: "192.0.2.1"}
	_, err = w.SetFactor(ctx, s.Actor, next)
	requireKind(t, operational.KindInvalid, err)
	require.ErrorContains(t, err, "current_code")
	next.Current, next.Password = w.code(t, secret), "not the password"
	_, err = w.SetFactor(ctx, s.Actor, next)
	require.ErrorContains(t, err, "current_password")
	next.Password = password
	_, err = w.SetFactor(ctx, s.Actor, next)
	require.NoError(t, err)
	w.pass(time.Minute)
	_, err = w.try(ctx, recovery[0])
	requireKind(t, operational.KindInvalid, err, "codes of the one before are gone with it")
	_, err = w.try(ctx, w.code(t, e.Secret))
	require.NoError(t, err)

	_, err = w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Name: "Eve", Email: "eve@acme.example", Password: password})
	require.NoError(t, err)
	eve, err := w.SignIn(ctx, identity.SignInInput{Email: "eve@acme.example", Password: password, From: "192.0.2.3"})
	require.NoError(t, err)
	next.Current = ""
	_, err = w.SetFactor(ctx, eve.Actor, next)
	requireKind(t, operational.KindInvalid, err, "somebody else's enrolment")
	require.ErrorContains(t, err, "token")
}

func TestTheOperatorHelpsWhoHasLostEverything(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	s := w.signIn(t)
	w.armed(t, s.Actor)
	require.NoError(t, w.admin.ForgetFactor(ctx, w.person.Person))
	requireKind(t, operational.KindUnauthenticated, w.session(s.Token))
	opened, err := w.try(ctx, "")
	require.NoError(t, err)
	require.Nil(t, opened.Half)
	requireKind(t, operational.KindNotFound, w.admin.ForgetFactor(ctx, w.person.Person))
	requireKind(t, operational.KindNotFound, w.admin.ForgetFactor(ctx, uuid.New()))
}
