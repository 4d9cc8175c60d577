package portal_test

import (
	"os"
	"sync"
	"testing"
)

var (
	sharedOnce  sync.Once
	sharedWorld *world
	sharedEnd   []func()
)

// lasting is a test that lasts as long as the test program: what belongs to the shared world is cleaned up at its end.
type lasting struct{ testing.TB }

func (lasting) Cleanup(f func()) { sharedEnd = append(sharedEnd, f) }

// TempDir lasts as long.
func (l lasting) TempDir() string {
	dir, err := os.MkdirTemp("", "sharepartner-portal-")
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// shared is a world for tests that only read, or change what nobody else looks at.
func shared(t testing.TB) *world {
	t.Helper()
	sharedOnce.Do(func() { sharedWorld = newWorld(lasting{t}) })
	if sharedWorld == nil {
		t.Fatal("the world of these tests could not be built; see the first failure")
	}
	return sharedWorld
}

func endShared() {
	for i := len(sharedEnd) - 1; i >= 0; i-- {
		sharedEnd[i]()
	}
}
