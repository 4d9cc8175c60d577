package operational

import "sync/atomic"

// Belief is a credential of which the actor was learnt a moment ago and not asked again yet. The statement by which
// such an actor enters its tenant has the database say first that nothing has changed about who may act in the
// organisation, and with which rights (postgres.DB); when something has, nothing is read or done. Everything else must
// ask first.
type Belief struct {
	Standing int64 // how often something had ended or changed a credential of the organisation
	proven   atomic.Bool
}

// Prove notes that the database has confirmed it: good for one request.
func (b *Belief) Prove() { b.proven.Store(true) }

// Proven says whether the actor's credential was asked about in this request.
func (a Actor) Proven() bool { return a.Belief == nil || a.Belief.proven.Load() }
