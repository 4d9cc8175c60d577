package postgres

import (
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// registerUUID lets a connection send and read uuid as it is: without it the driver goes by text, which for arrays of
// thousands costs more than the statement.
func registerUUID(m *pgtype.Map) {
	id := &pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: uuidCodec{}}
	m.RegisterType(id)
	m.RegisterType(&pgtype.Type{Name: "_uuid", OID: pgtype.UUIDArrayOID, Codec: &pgtype.ArrayCodec{ElementType: id}})
	m.RegisterDefaultPgType(uuid.UUID{}, "uuid")
	m.RegisterDefaultPgType([]uuid.UUID{}, "_uuid")
}

// uuidCodec is the driver's codec of uuid that also knows uuid.UUID.
type uuidCodec struct{ pgtype.UUIDCodec }

func (c uuidCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	switch value.(type) {
	case uuid.UUID, *uuid.UUID: // the driver itself deals with nil
		return encodeUUID{c.UUIDCodec.PlanEncode(m, oid, format, pgtype.UUID{})}
	default:
		return c.UUIDCodec.PlanEncode(m, oid, format, value)
	}
}

func (c uuidCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ok := target.(*uuid.UUID); !ok {
		return c.UUIDCodec.PlanScan(m, oid, format, target)
	}
	return scanUUID{c.UUIDCodec.PlanScan(m, oid, format, &pgtype.UUID{})}
}

func (c uuidCodec) DecodeValue(m *pgtype.Map, oid uint32, format int16, src []byte) (any, error) {
	if src == nil {
		return nil, nil
	}
	var id uuid.UUID
	err := c.PlanScan(m, oid, format, &id).Scan(src, &id)
	return id, err
}

type encodeUUID struct{ next pgtype.EncodePlan }

func (p encodeUUID) Encode(value any, buf []byte) ([]byte, error) {
	id, ok := value.(uuid.UUID)
	if !ok {
		id = *value.(*uuid.UUID)
	}
	return p.next.Encode(pgtype.UUID{Bytes: id, Valid: true}, buf)
}

type scanUUID struct{ next pgtype.ScanPlan }

func (p scanUUID) Scan(src []byte, target any) error {
	var id pgtype.UUID
	if err := p.next.Scan(src, &id); err != nil {
		return err
	}
	if !id.Valid {
		return errors.New("null is no uuid")
	}
	*target.(*uuid.UUID) = id.Bytes
	return nil
}
