package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/sharepartner/sharepartner/warehouse"
)

const (
	lookEvery = time.Second      // how often a shard that is away is asked whether it is back
	shortly   = 15 * time.Second // how long it may take to say so: one that is slow is there
)

// shard is a server with a part of the rows, or some servers that each have a copy of that part. Without a cluster there is one.
type shard struct {
	name    string      // host:port, as the cluster has it
	db      driver.Conn // to the first of its servers that answers
	servers []server    // each of them: that is where tables are made

	mu    sync.Mutex
	ready bool  // its tables are made
	away  error // why it is not asked now; nil: it answers. Of an only shard that is never kept: package distant does
}

func (sh *shard) present() error {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.away
}

// ask asks a shard, unless it is known to be away. Where others can answer for their parts, one that does not answer is left out from
// then on until it is back.
func (s *Store) ask(ctx context.Context, sh *shard, question func(ctx context.Context, sh *shard) error) error {
	if err := sh.present(); err != nil {
		return err
	}
	err := question(ctx, sh)
	if err != nil && len(s.shards) > 1 && errors.Is(err, warehouse.ErrAway) && ctx.Err() == nil {
		s.lost(sh, err)
	}
	return err
}

// lost begins to look for a shard, unless that is done already.
func (s *Store) lost(sh *shard, err error) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.away != nil || s.closing.Err() != nil {
		return
	}
	sh.away = err
	s.log.Warn("a shard of the warehouse is away; figures are given for the others, and it is asked again", "shard", sh.name, "error", err)
	s.looking.Go(func() { s.look(sh) })
}

func (s *Store) look(sh *shard) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.closing.Done():
			return
		case <-tick.C:
		}
		if s.found(sh) {
			return
		}
	}
}

// found says whether a shard answers again, and tells when it does not for another reason by now.
func (s *Store) found(sh *shard) bool {
	err := s.prepareShard(s.closing, sh) // it may have been away when this program began, and has no database then
	if err == nil {
		ctx, cancel := context.WithTimeout(s.closing, shortly)
		defer cancel()
		err = sh.db.Ping(ctx)
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if err == nil {
		sh.away = nil
		s.log.Info("a shard of the warehouse answers again", "shard", sh.name)
		return true
	}
	if !errors.Is(err, warehouse.ErrAway) {
		err = fmt.Errorf("%w: %w", warehouse.ErrAway, err)
	}
	if err.Error() != sh.away.Error() && s.closing.Err() == nil {
		s.log.Warn("a shard of the warehouse is still away", "shard", sh.name, "error", err)
	}
	sh.away = err
	return false
}

// askAll asks all shards at once and gives their faults, each at the shard's place.
func (s *Store) askAll(ctx context.Context, shards []*shard, question func(ctx context.Context, sh *shard) error) []error {
	if len(shards) == 1 {
		return []error{s.ask(ctx, shards[0], question)}
	}
	var asked sync.WaitGroup
	faults := make([]error, len(shards))
	for i, sh := range shards {
		asked.Go(func() { faults[i] = s.ask(ctx, sh, question) })
	}
	asked.Wait()
	return faults
}

// each asks all shards, and all must answer: what is written is written everywhere, or does not count.
func (s *Store) each(ctx context.Context, question func(ctx context.Context, sh *shard) error) error {
	gone, err := s.some(ctx, question)
	if err != nil || len(gone) == 0 {
		return err
	}
	return errPart(gone)
}

// some asks all shards, and those that answer are enough.
func (s *Store) some(ctx context.Context, question func(ctx context.Context, sh *shard) error) (gone []*shard, err error) {
	return s.partly(s.shards, s.askAll(ctx, s.shards, question))
}

// reachable has the shards do something that answer.
func (s *Store) reachable(ctx context.Context, what func(ctx context.Context, sh *shard) error) error {
	_, err := s.some(ctx, what)
	return err
}

// partly names the shards that are away while others answer. Any other fault is one of the whole question.
func (s *Store) partly(shards []*shard, faults []error) (gone []*shard, err error) {
	for i, fault := range faults {
		if fault == nil {
			continue
		}
		if !errors.Is(fault, warehouse.ErrAway) {
			return nil, fault
		}
		gone = append(gone, shards[i])
	}
	switch {
	case len(gone) < len(shards):
		return gone, nil
	case len(shards) < len(s.shards):
		return nil, errPart(gone)
	}
	return nil, errors.Join(faults...)
}

// errPart says which shards a write, or a comparison, waits for.
func errPart(gone []*shard) error {
	return fmt.Errorf("%w: %s", warehouse.ErrPartAway, strings.Join(namesOf(gone), ", "))
}

func namesOf(shards []*shard) (names []string) {
	for _, sh := range shards {
		names = append(names, sh.name)
	}
	return names
}

// first asks one shard after another until one answers: for what all of them have.
func first[T any](ctx context.Context, s *Store, question func(ctx context.Context, sh *shard) (T, error)) (answer T, err error) {
	for _, sh := range s.shards {
		err = s.ask(ctx, sh, func(ctx context.Context, sh *shard) (err error) {
			answer, err = question(ctx, sh)
			return err
		})
		if !errors.Is(err, warehouse.ErrAway) {
			break
		}
	}
	return answer, err
}

// briefly bounds a question that is answered at once where others can answer without this shard: one that stands still takes
// questions and says nothing.
func (s *Store) briefly(question func(ctx context.Context, sh *shard) error) func(ctx context.Context, sh *shard) error {
	if len(s.shards) == 1 {
		return question
	}
	return func(ctx context.Context, sh *shard) error {
		bound, cancel := context.WithTimeout(ctx, shortly)
		defer cancel()
		err := question(bound, sh)
		if err != nil && over(bound) != nil && over(ctx) == nil {
			return fmt.Errorf("%w: it has not answered within %s", warehouse.ErrAway, shortly)
		}
		return err
	}
}
