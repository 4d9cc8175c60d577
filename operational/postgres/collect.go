package postgres

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Collect reads all rows into structs by the names of their columns, like the driver's RowToStructByName. How a type
// reads a statement's columns is worked out once: the driver does it again for every row, which for the lists of the
// API took a third of a request.
func Collect[T any](rows pgx.Rows) ([]T, error) {
	defer rows.Close()
	all := []T{}
	var p *plan
	for rows.Next() {
		if p == nil {
			var err error
			if p, err = planOf(reflect.TypeFor[T](), rows.FieldDescriptions()); err != nil {
				return nil, err
			}
		}
		all = append(all, *new(T))
		if err := p.read(rows, reflect.ValueOf(&all[len(all)-1]).Elem()); err != nil {
			return nil, err
		}
	}
	return all, rows.Err()
}

// CollectOne reads the only row; none is pgx.ErrNoRows.
func CollectOne[T any](rows pgx.Rows) (T, error) {
	all, err := Collect[T](rows)
	switch {
	case err != nil:
		return *new(T), err
	case len(all) == 0:
		return *new(T), pgx.ErrNoRows
	case len(all) > 1:
		return *new(T), pgx.ErrTooManyRows
	}
	return all[0], nil
}

// plan is how a type reads the columns of a statement.
type plan struct {
	columns []pgconn.FieldDescription
	fields  []field
}

type field struct {
	index []int
	read  reader // nil: the driver knows how
}

func (p *plan) read(rows pgx.Rows, into reflect.Value) error {
	for i, src := range rows.RawValues() {
		f := p.fields[i]
		to := into.FieldByIndex(f.index)
		if f.read != nil && f.read(to, src) {
			continue
		}
		c := p.columns[i]
		if err := rows.Conn().TypeMap().Scan(c.DataTypeOID, c.Format, src, to.Addr().Interface()); err != nil {
			return fmt.Errorf("read column %s: %w", c.Name, err)
		}
	}
	return nil
}

// fits says whether the plan was made for these columns.
func (p *plan) fits(columns []pgconn.FieldDescription) bool {
	return slices.EqualFunc(p.columns, columns, func(a, b pgconn.FieldDescription) bool {
		return a.Name == b.Name && a.DataTypeOID == b.DataTypeOID && a.Format == b.Format
	})
}

// plans are those of a type: as many as statements are read into it.
type plans struct {
	mu   sync.RWMutex
	made []*plan
}

// Beyond so many plans of a type, which no type of the program comes near to, they are not kept.
const plansMost = 32

var plansOf sync.Map // reflect.Type -> *plans

func planOf(t reflect.Type, columns []pgconn.FieldDescription) (*plan, error) {
	known, ok := plansOf.Load(t)
	if !ok {
		known, _ = plansOf.LoadOrStore(t, &plans{})
	}
	of := known.(*plans)
	of.mu.RLock()
	i := slices.IndexFunc(of.made, func(p *plan) bool { return p.fits(columns) })
	var p *plan
	if i >= 0 {
		p = of.made[i]
	}
	of.mu.RUnlock()
	if p != nil {
		return p, nil
	}
	p, err := newPlan(t, columns)
	if err != nil {
		return nil, err
	}
	of.mu.Lock()
	defer of.mu.Unlock()
	if len(of.made) < plansMost {
		of.made = append(of.made, p)
	}
	return p, nil
}

// newPlan finds the field of every column, and a column for every field.
func newPlan(t reflect.Type, columns []pgconn.FieldDescription) (*plan, error) {
	named := map[string]reflect.StructField{}
	fieldsByName(t, nil, named)
	p := &plan{columns: slices.Clone(columns), fields: make([]field, len(columns))}
	for i, c := range columns {
		name := plainName(c.Name)
		f, ok := named[name]
		if !ok {
			return nil, fmt.Errorf("column %s has no field in %s", c.Name, t)
		}
		delete(named, name)
		p.fields[i].index = f.Index
		if c.Format == pgtype.BinaryFormatCode || c.DataTypeOID == pgtype.TextOID {
			p.fields[i].read = readerOf(f.Type, c.DataTypeOID)
		}
	}
	for name := range named {
		return nil, fmt.Errorf("no column for the field %s of %s", name, t)
	}
	return p, nil
}

func fieldsByName(t reflect.Type, path []int, into map[string]reflect.StructField) {
	for i := range t.NumField() {
		f := t.Field(i)
		f.Index = append(slices.Clone(path), i)
		tag, tagged := f.Tag.Lookup("db")
		switch {
		case tag == "-" || !f.IsExported() && !f.Anonymous:
		case f.Anonymous && f.Type.Kind() == reflect.Struct && !tagged:
			fieldsByName(f.Type, f.Index, into)
		case tagged:
			name, _, _ := strings.Cut(tag, ",")
			into[plainName(name)] = f
		default:
			into[plainName(f.Name)] = f
		}
	}
}

func plainName(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }
