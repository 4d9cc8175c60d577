package api

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/sharepartner/sharepartner/operational"
)

// limits holds a rate per credential; where there is none, per network address. Two generations of keys are kept
// and the older is dropped, so that memory is bounded by what is in use.
type limits struct {
	mu         sync.Mutex
	rate       rate.Limit
	burst      int
	clock      func() time.Time
	turned     time.Time
	young, old map[string]*rate.Limiter
}

// Defaults and the age of a generation.
const (
	defaultRate  = 50
	defaultBurst = 100
	generation   = 5 * time.Minute
	maxLimiters  = 100_000
)

func newLimits(perSecond float64, burst int, clock func() time.Time) *limits {
	if perSecond == 0 {
		perSecond = defaultRate
	}
	if burst == 0 {
		burst = defaultBurst
	}
	return &limits{rate: rate.Limit(perSecond), burst: burst, clock: clock, turned: clock(), young: map[string]*rate.Limiter{}}
}

func (l *limits) allow(key string) error {
	now := l.clock()
	reservation := l.limiter(key, now).ReserveN(now, 1)
	delay := reservation.DelayFrom(now)
	if delay == 0 {
		return nil
	}
	reservation.CancelAt(now)
	e := operational.Fault(operational.KindLimited, "too-many-requests", "These are too many requests at once. Nothing was done. Wait as long as Retry-After says.")
	e.RetryAfter = delay
	return e
}

func (l *limits) limiter(key string, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.turned) > generation || len(l.young) >= maxLimiters {
		l.old, l.young, l.turned = l.young, map[string]*rate.Limiter{}, now
	}
	if lim := l.young[key]; lim != nil {
		return lim
	}
	lim := l.old[key]
	if lim == nil {
		lim = rate.NewLimiter(l.rate, l.burst)
	}
	l.young[key] = lim
	return lim
}

func (a *API) rateKey(r *http.Request, actor operational.Actor) string {
	if actor.IsZero() {
		return a.PlaceOf(r)
	}
	return actor.Credential.String()
}

// Admit counts a request of a page against the same limit as the API's.
func (a *API) Admit(r *http.Request, actor operational.Actor) error {
	return a.limits.allow(a.rateKey(r, actor))
}
