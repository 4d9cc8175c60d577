package identity

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity/hashing"
)

// A hash takes memory, and two are made at once at most, so that a flood of sign-ins cannot take all that the machine has.
var atWork = make(chan struct{}, 2)

const longestWait = 10 * time.Second

// nobody is the hash that an unknown address is compared with, so that it takes as long as a known one.
var nobody = sync.OnceValues(func() (string, error) { return hashing.Hash("nobody's password") })

func inTurn(ctx context.Context, fn func() error) error {
	ctx, cancel := context.WithTimeout(ctx, longestWait)
	defer cancel()
	select {
	case atWork <- struct{}{}:
		defer func() { <-atWork }()
		return fn()
	case <-ctx.Done():
		return operational.Fault(operational.KindUnavailable, "busy", "Too many people are signing in at this moment. Try again.").In(longestWait).Because(ctx.Err())
	}
}

// matches compares a password with its hash; without one it does the same work and says no.
func matches(ctx context.Context, password, hash string) (match bool, err error) {
	err = inTurn(ctx, func() error {
		against := hash
		if hash == "" {
			if against, err = nobody(); err != nil {
				return err
			}
		}
		match, err = hashing.Matches(password, against)
		return err
	})
	if err != nil && operational.KindOf(err) == "" {
		err = fmt.Errorf("compare a password: %w", err)
	}
	return match && hash != "", err
}

func hashOf(ctx context.Context, password string) (hash string, err error) {
	err = inTurn(ctx, func() error {
		hash, err = hashing.Hash(password)
		return err
	})
	return hash, err
}
