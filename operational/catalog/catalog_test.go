package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func usd(amount string) operational.Money {
	return operational.Money{Amount: decimal.RequireFromString(amount), Currency: "USD"}
}

var gtx = catalog.NewProduct{Name: "GTX Pro", Family: "GTX", ListPrice: usd("4821")}

var path = catalog.NewProcess{Name: "Sales", Default: true, Stages: []catalog.NewStage{
	{Name: "Engaging", Type: catalog.StageActive}, {Name: "Won", Type: catalog.StageWon}, {Name: "Lost", Type: catalog.StageLost},
}}

func TestProductsOfAVendorAreReadByItsPartnersOnly(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := catalog.New(db.API)
	product, err := s.CreateProduct(ctx, c.B, gtx)
	require.NoError(t, err)
	require.EqualValues(t, 1, product.Version)
	for name, actor := range c.Actors() {
		got, err := s.Product(ctx, actor, product.ID)
		listed, listErr := s.Products(ctx, actor, operational.Query{})
		require.NoError(t, listErr)
		if name == "B" || name == "P1" || name == "M" { // the last one as a partner only
			require.NoError(t, err, name)
			require.Equal(t, product.ListPrice.String(), got.ListPrice.String())
			require.Equal(t, product.CreatedAt, got.CreatedAt.UTC())
			require.Len(t, listed.Items, 1, name)
			continue
		}
		_, strange := s.Product(ctx, actor, uuid.New())
		require.Equal(t, strange, err, "%s: another's product and none at all are told apart", name)
		require.Equal(t, operational.KindNotFound, operational.KindOf(err))
		require.Empty(t, listed.Items, name)
	}
	_, err = s.UpdateProduct(ctx, c.P1, product.ID, 1, catalog.UpdateProduct{Name: operational.Set("Mine")})
	require.Equal(t, operational.KindForbidden, operational.KindOf(err), "a partner sees the product and may not change it")
	_, err = s.UpdateProduct(ctx, c.A, product.ID, 1, catalog.UpdateProduct{Name: operational.Set("Mine")})
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
}

func TestUpdateProduct(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := catalog.New(db.API)
	product, err := s.CreateProduct(ctx, c.A, gtx)
	require.NoError(t, err)
	_, err = s.CreateProduct(ctx, c.A, catalog.NewProduct{Name: "MG Special", Family: "MG", ListPrice: usd("55")})
	require.NoError(t, err)
	_, err = s.CreateProduct(ctx, c.B, gtx)
	require.NoError(t, err, "names are taken in one's own organisation only")
	_, err = s.CreateProduct(ctx, c.A, gtx)
	require.Equal(t, operational.KindConflict, operational.KindOf(err))

	same, err := s.UpdateProduct(ctx, c.A, product.ID, 1, catalog.UpdateProduct{Name: operational.Set("GTX Pro"), ListPrice: operational.Set(usd("4821.00"))})
	require.NoError(t, err)
	require.EqualValues(t, 1, same.Version, "nothing changed")
	changed, err := s.UpdateProduct(ctx, c.A, product.ID, 1, catalog.UpdateProduct{ListPrice: operational.Set(usd("4900.5")), Active: operational.Set(false)})
	require.NoError(t, err)
	require.EqualValues(t, 2, changed.Version)
	got, err := s.Product(ctx, c.A, product.ID)
	require.NoError(t, err)
	require.Equal(t, "4900.50 USD", got.ListPrice.String())
	require.False(t, got.OnSale())
	_, err = s.UpdateProduct(ctx, c.A, product.ID, 1, catalog.UpdateProduct{Active: operational.Set(true)})
	require.Equal(t, operational.KindStale, operational.KindOf(err))
	_, err = s.UpdateProduct(ctx, c.A, product.ID, 2, catalog.UpdateProduct{Name: operational.Set("MG Special")})
	require.Equal(t, operational.KindConflict, operational.KindOf(err))
	_, err = s.UpdateProduct(ctx, c.A, product.ID, 2, catalog.UpdateProduct{Name: operational.Opt[string]{Given: true}, Family: operational.Set("")})
	require.Equal(t, operational.KindInvalid, operational.KindOf(err))

	f, err := operational.ParseFilter("family eq 'MG' and list_price lt 100 and active eq true", productsBy(t, s, c.A).Filters)
	require.NoError(t, err)
	listed, err := s.Products(ctx, c.A, operational.Query{Filter: f, Page: operational.Page{Count: true}})
	require.NoError(t, err)
	require.Len(t, listed.Items, 1)
	require.EqualValues(t, 1, *listed.Total)
}

func TestProcesses(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := catalog.New(db.API)
	first, err := s.CreateProcess(ctx, c.A, path)
	require.NoError(t, err)
	second := path
	second.Name = "Short way"
	newer, err := s.CreateProcess(ctx, c.A, second)
	require.NoError(t, err)
	_, err = s.CreateProcess(ctx, c.A, path)
	require.Equal(t, operational.KindConflict, operational.KindOf(err))

	got, err := s.Process(ctx, c.P1, first.ID)
	require.NoError(t, err)
	require.False(t, got.Default, "there is one default")
	require.Equal(t, first.Stages, got.Stages)
	require.Equal(t, "Engaging", got.First().Name)
	won, found := got.Named("WON")
	require.True(t, found)
	require.Equal(t, catalog.StageWon, won.Type)
	listed, err := s.Processes(ctx, c.P2, operational.Query{})
	require.NoError(t, err)
	require.Equal(t, []string{"Sales", "Short way"}, []string{listed.Items[0].Name, listed.Items[1].Name})
	require.True(t, listed.Items[1].Default)
	_, err = s.Process(ctx, c.B, newer.ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	own, err := s.CreateProcess(ctx, c.P1, path)
	require.NoError(t, err, "a partner has processes of its own")
	_, err = s.Process(ctx, c.A, own.ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
}

func TestEnsureTwiceChangesNothing(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := catalog.New(db.Jobs)
	system := c.A.As(c.A.Org, operational.SideVendor, "import")
	ensure := func(wanted ...catalog.NewProduct) (products []catalog.Product, process catalog.SalesProcess) {
		require.NoError(t, db.Jobs.InTx(ctx, system, func(tx *postgres.Tx) (err error) {
			if products, err = s.EnsureProducts(ctx, tx, wanted); err != nil {
				return err
			}
			process, err = s.EnsureProcess(ctx, tx, path)
			return err
		}))
		return products, process
	}
	products, process := ensure(gtx, catalog.NewProduct{Name: "MG", Family: "MG", ListPrice: usd("1")})
	again, same := ensure(gtx, catalog.NewProduct{Name: "MG", Family: "MG", ListPrice: usd("1.00")})
	require.Equal(t, process.ID, same.ID)
	require.Equal(t, process.Stages, same.Stages)
	for i := range products {
		require.Equal(t, products[i].ID, again[i].ID)
		require.EqualValues(t, 1, again[i].Version)
	}
	dearer := gtx
	dearer.ListPrice = usd("5000")
	changed, _ := ensure(dearer, dearer)
	require.Equal(t, products[0].ID, changed[0].ID)
	require.EqualValues(t, 2, changed[1].Version, "the second time nothing was left to change")
}

func TestNewProcessValidate(t *testing.T) {
	active, won, lost := catalog.NewStage{Name: "a", Type: catalog.StageActive}, catalog.NewStage{Name: "w", Type: catalog.StageWon}, catalog.NewStage{Name: "l", Type: catalog.StageLost}
	for name, c := range map[string]struct {
		stages []catalog.NewStage
		fault  string
	}{
		"good":            {[]catalog.NewStage{active, won, lost}, ""},
		"no stages":       {nil, "no stage of type active"},
		"no end":          {[]catalog.NewStage{active}, "no stage of type won"},
		"closed first":    {[]catalog.NewStage{won, active, lost}, "Active stages come before closed ones"},
		"name twice":      {[]catalog.NewStage{active, {Name: "a", Type: catalog.StageWon}, lost}, "Another stage has this name"},
		"unknown type":    {[]catalog.NewStage{active, won, lost, {Name: "x", Type: "open"}}, "none of active"},
		"nameless":        {[]catalog.NewStage{{Type: catalog.StageActive}, won, lost}, "missing"},
		"too many stages": {slices.Repeat([]catalog.NewStage{active}, catalog.MaxStages+1), "more than 20"},
	} {
		err := catalog.NewProcess{Name: "p", Stages: c.stages}.Validate()
		if c.fault == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, c.fault, name)
		require.Equal(t, operational.KindInvalid, operational.KindOf(err), name)
	}
}

func TestNewProductValidate(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*catalog.NewProduct)
		fields int
	}{
		"good":         {func(*catalog.NewProduct) {}, 0},
		"free":         {func(p *catalog.NewProduct) { p.ListPrice = usd("0") }, 0},
		"below zero":   {func(p *catalog.NewProduct) { p.ListPrice = usd("-1") }, 1},
		"too large":    {func(p *catalog.NewProduct) { p.ListPrice = usd("99999999999999999") }, 1},
		"three places": {func(p *catalog.NewProduct) { p.ListPrice = usd("1.234") }, 1},
		"no currency":  {func(p *catalog.NewProduct) { p.ListPrice.Currency = "usd" }, 1},
		"blank name":   {func(p *catalog.NewProduct) { p.Name = "  " }, 1},
		"long name":    {func(p *catalog.NewProduct) { p.Name = strings.Repeat("ü", 201) }, 1},
		"200 letters":  {func(p *catalog.NewProduct) { p.Name = strings.Repeat("ü", 200) }, 0},
		"null in name": {func(p *catalog.NewProduct) { p.Name = "a\x00" }, 1},
		"all is wrong": {func(p *catalog.NewProduct) { *p = catalog.NewProduct{} }, 3},
	} {
		p := gtx
		c.change(&p)
		err := p.Validate()
		if c.fields == 0 {
			require.NoError(t, err, name)
			continue
		}
		var fault *operational.Error
		require.ErrorAs(t, err, &fault, name)
		require.Len(t, fault.Fields, c.fields, name)
	}
}
