package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sharepartner/sharepartner/operational"
)

// Translate turns faults of the driver into the kinds of the program. Errors that are none stay as they are.
// It is the only place that knows SQLSTATE codes.
func Translate(err error) error {
	if err == nil || operational.KindOf(err) != "" || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return operational.NotFound("record").Because(err)
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		var network net.Error
		var connect *pgconn.ConnectError
		if errors.As(err, &network) || errors.As(err, &connect) || errors.Is(err, io.ErrUnexpectedEOF) {
			return unavailable(err)
		}
		return err
	}
	switch {
	case pg.Code == "23505" || pg.Code == "23P01":
		return operational.Fault(operational.KindConflict, "already-exists", "A record with these values exists already. Nothing was saved.").Because(err)
	case pg.Code == "23503":
		return operational.Fault(operational.KindInvalid, "unknown-reference", "A record that this one refers to does not exist. Nothing was saved.").Because(err)
	case pg.Code == "23514" || pg.Code == "23502":
		return operational.Fault(operational.KindInvalid, "rule-broken", "The values break a rule of the record. Nothing was saved.").Because(err)
	case pg.Code == "22003" || pg.Code == "22P02" || pg.Code == "22007" || pg.Code == "22008" || pg.Code == "22021" || pg.Code == "22P05" || pg.Code == "22001":
		return operational.Fault(operational.KindInvalid, "invalid-value", "A value cannot be stored. Nothing was saved.").Because(err)
	case pg.Code == "40001" || pg.Code == "40P01" || pg.Code == "55P03":
		return operational.Fault(operational.KindUnavailable, "busy", "Others changed the same records at this moment. Nothing was saved. Try again.").Because(err)
	case strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57P") || strings.HasPrefix(pg.Code, "08"):
		return unavailable(err)
	case pg.Code == "SP001": // sec.prove
		return operational.Fault(operational.KindUnauthenticated, "invalid-credential", "The credential is not valid any more. Sign in again or use another API key.").Because(err)
	case pg.Code == "SP002": // sec.session_checked
		return operational.Fault(operational.KindForbidden, "more-proof-needed", "This organisation asks its people for more than you have signed in with: a second factor, or its identity provider. Nothing was done. Sign in anew.").Because(err)
	case pg.Code == "42501":
		return operational.Fault(operational.KindForbidden, "not-permitted", "The database refuses this for your organisation.").Because(err)
	}
	return err
}

func unavailable(err error) error {
	return operational.Fault(operational.KindUnavailable, "database-unavailable", "The database does not answer. Nothing was saved. Try again in a moment.").Because(err)
}

// contended says that others held what a statement needed, and that it gave up: trying again may do.
func contended(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "55P03" || pg.Code == "40P01")
}

// Violated names the constraint that a failed statement broke, or "".
func Violated(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.ConstraintName
	}
	return ""
}
