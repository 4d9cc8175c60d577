package identity

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/sharepartner/sharepartner/operational"
)

// Each hash takes 64 MiB for some tens of milliseconds: enough to make guessing dear, and two at once at most, so
// that a flood of sign-ins cannot take the machine's memory.
var (
	hashing = argon2id.Params{Memory: 64 * 1024, Iterations: 1, Parallelism: 2, SaltLength: 16, KeyLength: 32}
	atWork  = make(chan struct{}, 2)
)

const longestWait = 10 * time.Second

// nobody is the hash that an unknown address is compared with, so that it takes as long as a known one.
var nobody = sync.OnceValues(func() (string, error) { return argon2id.CreateHash("nobody's password", &hashing) })

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
		match, err = argon2id.ComparePasswordAndHash(password, against)
		return err
	})
	if err != nil && operational.KindOf(err) == "" {
		err = fmt.Errorf("compare a password: %w", err)
	}
	return match && hash != "", err
}

func hashOf(ctx context.Context, password string) (hash string, err error) {
	err = inTurn(ctx, func() error {
		hash, err = argon2id.CreateHash(password, &hashing)
		return err
	})
	return hash, err
}
