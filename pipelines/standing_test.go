package pipelines

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// The program is told to stop while the follower stands at the place of a fence: whoever asked for it hears that nothing was
// done. The comparisons that ask are of the follower's own group, which ends only when all of them have.
func TestWhoeverAskedForAFenceHearsOfItsEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l := &loader{jobs: make(chan job, 1), over: make(chan struct{})}
	close(l.over)
	h := &hold{ctx: ctx, done: make(chan error, 1), act: func(context.Context, *pgsource.Moment, warehouse.Checkpoint) (*warehouse.Checkpoint, error) {
		t.Error("nothing loads any more")
		return nil, nil
	}}
	f := &follower{loader: l, filling: pgsource.NewChanges(nil), spare: pgsource.NewChanges(nil), standing: h, place: 1}
	require.ErrorIs(t, f.arrive(ctx, 2), context.Canceled)
	select {
	case err := <-h.done:
		require.ErrorIs(t, err, ErrNotStreaming)
	default:
		require.Fail(t, "whoever asked waits without end")
	}
}

// A second program works within ten seconds of the first one's last word: the server's wait, its own, and two seconds to ask.
func TestTakeoverWithinTenSeconds(t *testing.T) {
	require.LessOrEqual(t, pgsource.LockIdle+standbyEvery, 8*time.Second)
}
