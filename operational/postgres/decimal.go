package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"
)

// RegisterTypes lets a connection send and read numeric as decimal.Decimal and uuid as uuid.UUID, alone, as a pointer
// and in arrays.
func RegisterTypes(m *pgtype.Map) {
	registerUUID(m)
	registerMoments(m)
	numeric := &pgtype.Type{Name: "numeric", OID: pgtype.NumericOID, Codec: decimalCodec{}}
	m.RegisterType(numeric)
	m.RegisterType(&pgtype.Type{Name: "_numeric", OID: pgtype.NumericArrayOID, Codec: &pgtype.ArrayCodec{ElementType: numeric}})
	m.RegisterDefaultPgType(decimal.Decimal{}, "numeric")
	m.RegisterDefaultPgType([]decimal.Decimal{}, "_numeric")
}

// decimalCodec is the driver's codec of numeric that also knows decimal.Decimal.
type decimalCodec struct{ pgtype.NumericCodec }

func (c decimalCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(decimal.Decimal); !ok {
		return c.NumericCodec.PlanEncode(m, oid, format, value)
	}
	return encodeDecimal{c.NumericCodec.PlanEncode(m, oid, format, pgtype.Numeric{})}
}

func (c decimalCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ok := target.(*decimal.Decimal); !ok {
		return c.NumericCodec.PlanScan(m, oid, format, target)
	}
	return scanDecimal{c.NumericCodec.PlanScan(m, oid, format, &pgtype.Numeric{})}
}

func (c decimalCodec) DecodeValue(m *pgtype.Map, oid uint32, format int16, src []byte) (any, error) {
	if src == nil {
		return nil, nil
	}
	var d decimal.Decimal
	err := c.PlanScan(m, oid, format, &d).Scan(src, &d)
	return d, err
}

type encodeDecimal struct{ next pgtype.EncodePlan }

func (p encodeDecimal) Encode(value any, buf []byte) ([]byte, error) {
	d := value.(decimal.Decimal)
	return p.next.Encode(pgtype.Numeric{Int: d.Coefficient(), Exp: d.Exponent(), Valid: true}, buf)
}

type scanDecimal struct{ next pgtype.ScanPlan }

func (p scanDecimal) Scan(src []byte, target any) error {
	var n pgtype.Numeric
	if err := p.next.Scan(src, &n); err != nil {
		return err
	}
	if !n.Valid || n.NaN || n.InfinityModifier != pgtype.Finite {
		return errors.New("null, NaN and infinity are no decimals")
	}
	*target.(*decimal.Decimal) = decimal.NewFromBigInt(n.Int, n.Exp)
	return nil
}
