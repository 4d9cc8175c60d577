package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
)

// One reads a record as the actor in one round trip; what is not there for the actor is not found.
func One[T any](ctx context.Context, db *DB, actor operational.Actor, object, sql string, args ...any) (found T, err error) {
	err = db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
			found, err = only[T](rows, object)
			return err
		})
	})
	return found, err
}

// OneTx reads a record inside a transaction.
func OneTx[T any](ctx context.Context, tx *Tx, object, sql string, args ...any) (found T, err error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return found, fmt.Errorf("read %s: %w", object, err)
	}
	return only[T](rows, object)
}

func only[T any](rows pgx.Rows, object string) (T, error) {
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
	if errors.Is(err, pgx.ErrNoRows) {
		err = operational.NotFound(object)
	}
	return found, err
}
