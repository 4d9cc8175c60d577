package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	engine "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"

	"github.com/sharepartner/sharepartner/warehouse"
)

// The oldest server that the queries are known to hold on: the one of the tests.
const oldestMajor, oldestMinor = 26, 7

// What the server calls its refusals.
const (
	codeUnknownUser     = 192
	codeUnknownSetting  = 115
	codeAccessDenied    = 497
	codePasswordRefused = 516
)

// Preflight says whether a store can be opened: nil, or what is wrong and what to do. Nothing is changed. A server that does
// not answer gives warehouse.ErrAway. No word of it holds the password.
func Preflight(ctx context.Context, o Options) error {
	where, err := placeOf(o.URL)
	if err != nil {
		return err
	}
	if err := o.Engine.orPlain().check(); err != nil {
		return err
	}
	address, hosts := hostsOf(o.URL)
	options, err := engine.ParseDSN(address)
	if err != nil {
		return errNoAddress // the driver's words may hold what was taken for a part of the password
	}
	options.Addr = hosts
	options.Auth.Database = "" // it may still have to be made
	options.DialTimeout, options.MaxOpenConns = 5*time.Second, 1
	options.DialContext = dialer(options)
	db, err := engine.Open(options)
	if err != nil {
		return errNoAddress
	}
	defer func() { _ = db.Close() }()
	if err := db.Ping(ctx); err != nil { // the next question has no context
		return explain(where, options.Auth.Username, told(ctx, err))
	}
	version, err := db.ServerVersion()
	if err != nil {
		return explain(where, options.Auth.Username, err)
	}
	if err := newEnough(where, version.Version); err != nil || o.Cluster == "" {
		return err
	}
	_, err = nodes(ctx, db, o.Cluster)
	return err
}

var errNoAddress = errors.New("WAREHOUSE_URL is not of the form clickhouse://user:password@host:9000/database; signs in a password are written as in other addresses (%40 for @). Nothing was started")

// placeOf is host, port and database, without anything that is secret.
func placeOf(address string) (string, error) {
	one, hosts := hostsOf(address)
	u, err := url.Parse(one)
	if err != nil || u.Scheme != "clickhouse" || u.Host == "" || len(u.Path) < 2 {
		return "", errNoAddress
	}
	return strings.Join(hosts, ",") + u.Path, nil
}

// explain says what a refusal means and what to do.
func explain(where, user string, err error) error {
	var refused *engine.Exception
	switch {
	case errors.Is(err, warehouse.ErrAway):
		return fmt.Errorf("ClickHouse at %s does not answer: %w. All records are in Postgres, and figures come back when it does. Start it, or correct WAREHOUSE_URL (?secure=true where that port speaks TLS)", where, err)
	case errors.Is(err, engine.ErrUnsupportedServerRevision):
		return fmt.Errorf("ClickHouse at %s is too old to be spoken to. Nothing was changed there. Version %d.%d or newer is needed", where, oldestMajor, oldestMinor)
	case !errors.As(err, &refused):
		return fmt.Errorf("ask ClickHouse at %s: %w", where, err)
	}
	switch refused.Code {
	case codePasswordRefused, codeUnknownUser:
		return fmt.Errorf("%w: ClickHouse at %s refuses the user %q or its password. Nothing was changed there. Correct them in WAREHOUSE_URL", warehouse.ErrRefused, where, user)
	case codeAccessDenied:
		return fmt.Errorf("ClickHouse at %s does not let the user %q do what is needed: %s. Grant it all rights on the database, and CREATE DATABASE where that is not there", where, user, refused.Message)
	case codeUnknownSetting:
		return fmt.Errorf("ClickHouse at %s is too old: %s. Nothing was changed there. Version %d.%d or newer is needed", where, refused.Message, oldestMajor, oldestMinor)
	}
	return fmt.Errorf("ask ClickHouse at %s: %w", where, err)
}

func newEnough(where string, v proto.Version) error {
	if proto.CheckMinVersion(proto.Version{Major: oldestMajor, Minor: oldestMinor}, v) {
		return nil
	}
	return fmt.Errorf("ClickHouse at %s is version %s, and %d.%d or newer is needed. Nothing was changed there. Bring that server up to date, or name another one in WAREHOUSE_URL", where, v.String(), oldestMajor, oldestMinor)
}

// OpenChecked is Open after Preflight, with faults in words.
func OpenChecked(ctx context.Context, opts Options) (*Store, error) {
	if err := Preflight(ctx, opts); err != nil {
		return nil, err
	}
	s, err := Open(ctx, opts)
	if err == nil || errors.Is(err, ErrSchema) {
		return s, err
	}
	where, _ := placeOf(opts.URL) // was read before
	address, _ := hostsOf(opts.URL)
	u, _ := url.Parse(address)
	return nil, explain(where, u.User.Username(), err)
}
