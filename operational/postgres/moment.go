package postgres

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// registerMoments lets a connection read times in UTC, as they are answered: the driver takes the zone of the machine otherwise.
func registerMoments(m *pgtype.Map) {
	moment := &pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}}
	m.RegisterType(moment)
	m.RegisterType(&pgtype.Type{Name: "_timestamptz", OID: pgtype.TimestamptzArrayOID, Codec: &pgtype.ArrayCodec{ElementType: moment}})
}
