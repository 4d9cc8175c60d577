package identity

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/sharepartner/sharepartner/operational"
)

// Failed sign-ins that are let through: for one mail address from one network address, and from one network
// address at all (which may be a whole office).
const (
	pairBurst, pairEvery       = 10, 30 * time.Second
	addressBurst, addressEvery = 100, time.Second
	mostCounted                = 20_000 // beyond it, counts that have recovered are forgotten
)

// attempts counts sign-ins that did not succeed. It lives in the program: a restart forgives, and with several
// programs side by side each counts for itself.
type attempts struct {
	mu      sync.Mutex
	pairs   map[[2]string]*rate.Limiter
	address map[string]*rate.Limiter
}

func newAttempts() *attempts {
	return &attempts{pairs: map[[2]string]*rate.Limiter{}, address: map[string]*rate.Limiter{}}
}

// attempt is one sign-in that counts as a failure until it succeeds.
type attempt struct {
	all     *attempts
	pair    [2]string
	counted *rate.Reservation // by the network address
	at      time.Time
}

func (a *attempts) begin(email, from string, now time.Time) (attempt, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	pair := [2]string{email, from}
	counted, wait := take(a.address, from, now, addressEvery, addressBurst)
	if wait == 0 {
		_, wait = take(a.pairs, pair, now, pairEvery, pairBurst)
	}
	if wait > 0 {
		return attempt{}, operational.Fault(operational.KindLimited, "too-many-attempts", "Too many attempts to sign in failed. Wait a little, then try again.").
			In(wait.Truncate(time.Second) + time.Second)
	}
	return attempt{all: a, pair: pair, counted: counted, at: now}, nil
}

// succeed takes the attempt back and forgets the failures with this mail address before it.
func (at attempt) succeed() {
	at.all.mu.Lock()
	defer at.all.mu.Unlock()
	delete(at.all.pairs, at.pair)
	at.counted.CancelAt(at.at)
}

// take counts one more for a key, or says how long to wait.
func take[K comparable](limits map[K]*rate.Limiter, key K, now time.Time, every time.Duration, burst int) (*rate.Reservation, time.Duration) {
	l := limits[key]
	if l == nil {
		forget(limits, now, burst)
		l = rate.NewLimiter(rate.Every(every), burst)
		limits[key] = l
	}
	r := l.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return r, wait
}

// forget drops counts that have recovered, once there are many.
func forget[K comparable](limits map[K]*rate.Limiter, now time.Time, burst int) {
	if len(limits) < mostCounted {
		return
	}
	for key, l := range limits {
		if l.TokensAt(now) >= float64(burst) {
			delete(limits, key)
		}
	}
}
