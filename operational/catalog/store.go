package catalog

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

var productList = postgres.List{
	From: "crm.product p", ID: "p.id", Order: []operational.Sort{{Field: "updated_at", Desc: true}},
	Field: map[string]postgres.Column{
		"name":         {SQL: "p.name", Type: postgres.Text},
		"family":       {SQL: "p.family", Type: postgres.Text},
		"list_price":   {SQL: "p.list_price", Type: postgres.Decimal},
		"currency":     {SQL: "p.currency", Type: postgres.Text},
		"active":       {SQL: "p.active", Type: postgres.Bool},
		"record_type":  {SQL: "p.record_type_id", Type: postgres.UUID, Nullable: true},
		"organisation": {SQL: "p.org_id", Type: postgres.UUID},
		"created_at":   {SQL: "p.created_at", Type: postgres.Time},
		"updated_at":   {SQL: "p.updated_at", Type: postgres.Time},
	},
}

var processList = postgres.List{
	From: "crm.sales_process p", ID: "p.id", Order: []operational.Sort{{Field: "name"}},
	Field: map[string]postgres.Column{
		"name":         {SQL: "p.name", Type: postgres.Text},
		"default":      {SQL: "p.is_default", Type: postgres.Bool},
		"active":       {SQL: "p.active", Type: postgres.Bool},
		"organisation": {SQL: "p.org_id", Type: postgres.UUID},
		"created_at":   {SQL: "p.created_at", Type: postgres.Time},
		"updated_at":   {SQL: "p.updated_at", Type: postgres.Time},
	},
}

const productColumns = `p.id, p.org_id, p.name, p.family, p.list_price, p.currency, p.active, p.record_type_id, p.custom, p.version, p.created_at, p.updated_at, p.touched`

const listProducts = `select ` + productColumns + `, {keys} as sort_keys from crm.product p where {where} order by {order} limit {limit}`

const getProduct = `select ` + productColumns + ` from crm.product p where p.id = $1`

const insertProducts = `
insert into crm.product (id, org_id, name, family, list_price, currency, record_type_id, custom, created_at, updated_at)
select n.id, @org, n.name, n.family, n.list_price, n.currency, n.record_type_id, n.custom, @now, @now
from unnest(@ids::uuid[], @names::text[], @families::text[], @prices::text[]::numeric[], @currencies::text[], @types::uuid[], @customs::text[]::jsonb[])
  as n(id, name, family, list_price, currency, record_type_id, custom)`

const updateProduct = `
update crm.product set name = @name, family = @family, list_price = @list_price, currency = @currency, active = @active,
  record_type_id = @record_type_id, custom = @custom::jsonb, touched = @touched::jsonb, version = version + 1, updated_at = @now
where id = @id and org_id = @org and version = @version`

const productsByName = `select ` + productColumns + ` from crm.product p where p.org_id = $1 and p.name = any($2)`

// productRow is a row of crm.product.
type productRow struct {
	ID, OrgID            uuid.UUID
	Name, Family         string
	ListPrice            decimal.Decimal
	Currency             string
	Active               bool
	RecordTypeID         *uuid.UUID
	Custom               map[string]any
	Version              int64
	CreatedAt, UpdatedAt time.Time
	Touched              operational.Touched
}

type listedProduct struct {
	postgres.Keyed
	productRow
}

func (r productRow) product() Product {
	return Product{
		ID: r.ID, OrganisationID: r.OrgID, Name: r.Name, Family: r.Family, Active: &r.Active, Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		RecordTypeID: r.RecordTypeID, Custom: r.Custom, touched: r.Touched,
		ListPrice: operational.Money{Amount: r.ListPrice, Currency: r.Currency},
	}
}

func collectProducts(rows pgx.Rows, err error) ([]Product, error) {
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[productRow])
	products := make([]Product, 0, len(found))
	for _, r := range found {
		products = append(products, r.product())
	}
	return products, err
}

func productArgs(org uuid.UUID, now time.Time, products []Product) pgx.NamedArgs {
	var ids []uuid.UUID
	var names, families, prices, currencies, customs []string
	var types []*uuid.UUID
	for _, p := range products {
		ids, names, families = append(ids, p.ID), append(names, p.Name), append(families, p.Family)
		prices, currencies = append(prices, p.ListPrice.Amount.String()), append(currencies, p.ListPrice.Currency)
		types, customs = append(types, p.RecordTypeID), append(customs, objects.Written(p.Custom))
	}
	return pgx.NamedArgs{"org": org, "now": now, "ids": ids, "names": names, "families": families, "prices": prices, "currencies": currencies, "types": types, "customs": customs}
}

// Stages come with their process, so that a list is one statement.
const processColumns = `p.id, p.org_id, p.name, p.is_default, p.active, p.version, p.created_at, p.updated_at, p.touched,
  (select jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name, 'position', s.position, 'type', s.type) order by s.position)
   from crm.stage s where s.process_id = p.id) as stages`

const listProcesses = `select ` + processColumns + `, {keys} as sort_keys from crm.sales_process p where {where} order by {order} limit {limit}`

const getProcess = `select ` + processColumns + ` from crm.sales_process p where p.id = $1`

const processByName = `select ` + processColumns + ` from crm.sales_process p where p.org_id = $1 and p.name = $2`

// Whether a process is the usual one is hidden from nobody.
const noDefault = `update crm.sales_process set is_default = false, touched = case when touched = '{}' then jsonb_build_object('', array[version, extract(epoch from updated_at) * 1000000]::bigint[]) else touched end ||
  jsonb_build_object('*', array[coalesce((touched -> '*' ->> 0)::bigint, 0) + 1, extract(epoch from $2::timestamptz) * 1000000]::bigint[]),
  version = version + 1, updated_at = $2 where org_id = $1 and is_default`

const insertProcess = `
insert into crm.sales_process (id, org_id, name, is_default, created_at, updated_at) values (@id, @org, @name, @is_default, @now, @now)`

const insertStages = `
insert into crm.stage (id, org_id, process_id, name, position, type)
select n.id, @org, @process, n.name, n.position, n.type
from unnest(@ids::uuid[], @names::text[], @types::text[], @positions::int[]) as n(id, name, type, position)`

const updateProcess = `
update crm.sales_process set name = @name, is_default = @is_default, active = @active, touched = @touched::jsonb,
  version = version + 1, updated_at = @now
where id = @id and org_id = @org and version = @version`

const updateStages = `
update crm.stage s set name = n.name, position = n.position
from unnest(@ids::uuid[], @names::text[], @positions::int[]) as n(id, name, position)
where s.id = n.id and s.process_id = @process and (s.name, s.position) is distinct from (n.name, n.position)`

const deleteStages = `select crm.delete_stages($1, $2)`

// processRow is a row of crm.sales_process with its stages.
type processRow struct {
	ID, OrgID            uuid.UUID
	Name                 string
	IsDefault, Active    bool
	Version              int64
	CreatedAt, UpdatedAt time.Time
	Stages               []Stage
	Touched              operational.Touched
}

type listedProcess struct {
	postgres.Keyed
	processRow
}

func (r processRow) process() SalesProcess {
	return SalesProcess{
		ID: r.ID, OrganisationID: r.OrgID, Name: r.Name, Default: r.IsDefault, Active: r.Active, Stages: r.Stages, Version: r.Version,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, touched: r.Touched,
	}
}
