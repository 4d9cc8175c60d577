package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Service keeps products and sales processes.
type Service struct{ db *postgres.DB }

// New makes the service on a login.
func New(db *postgres.DB) *Service { return &Service{db: db} }

// CreateProduct adds a product to the caller's organisation.
func (s *Service) CreateProduct(ctx context.Context, actor operational.Actor, in NewProduct) (Product, error) {
	g, err := mayCreate(actor, operational.ObjectProduct, in.members())
	if err == nil {
		err = in.Validate()
	}
	if err != nil {
		return Product{}, err
	}
	var product Product
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		setup, err := objects.OwnTx(ctx, tx, operational.ObjectProduct)
		if err == nil {
			in.Custom, err = setup.Set(g, nil, in.Custom)
		}
		if err == nil {
			in.RecordTypeID, err = setup.TypeOf(g, in.RecordTypeID)
		}
		if err == nil {
			err = in.demand(actor, setup, g)
		}
		if err == nil {
			product, err = createProduct(ctx, tx, in)
		}
		return err
	})
	return product.masked(g), err
}

func createProduct(ctx context.Context, tx *postgres.Tx, in NewProduct) (Product, error) {
	product, err := in.product(tx)
	if err != nil {
		return Product{}, err
	}
	if _, err := tx.Exec(ctx, insertProducts, productArgs(tx.Actor.Org, tx.Now, []Product{product})); err != nil {
		return Product{}, productFault(err)
	}
	return product, events.Append(ctx, tx, "product.created", product.ID, nil)
}

func (in NewProduct) product(tx *postgres.Tx) (Product, error) {
	id, err := uuid.NewV7()
	return Product{
		ID: id, OrganisationID: tx.Actor.Org, Name: in.Name, Family: in.Family, ListPrice: in.ListPrice,
		Active: new(true), RecordTypeID: in.RecordTypeID, Custom: in.Custom, Version: 1, CreatedAt: tx.Now, UpdatedAt: tx.Now,
	}, err
}

func productFault(err error) error {
	if postgres.Violated(err) == "product_org_id_name_key" {
		return operational.Fault(operational.KindConflict, "product-name-taken", "Your organisation has a product with this name already. Nothing was saved.").Because(err)
	}
	return err
}

// Product reads one product of the caller's organisation or of a vendor it is connected with.
func (s *Service) Product(ctx context.Context, actor operational.Actor, id uuid.UUID) (Product, error) {
	var found []Product
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(getProduct, id).Query(func(rows pgx.Rows) (err error) {
			found, err = collectProducts(rows, nil)
			return err
		})
	})
	if err != nil {
		return Product{}, err
	}
	product, _, err := inReach(actor, found)
	return product, err
}

// inReach gives the product that was found, as its grant shows it, and the grant; one that no grant reaches is not there.
func inReach(actor operational.Actor, found []Product) (Product, operational.Grant, error) {
	for _, p := range found {
		if g, reached := grantOn(actor, operational.ObjectProduct, p.OrganisationID); reached && g.HasType(p.RecordTypeID) {
			return p.masked(g), g, nil
		}
	}
	return Product{}, operational.Grant{}, operational.NotFound("product")
}

// Products lists the products that the caller may see, by fields that it may read.
func (s *Service) Products(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Product], error) {
	l, err := s.productsFor(ctx, actor, q.Names())
	if err == nil {
		q, err = narrowed(actor, operational.ObjectProduct, productListing(actor, l), q)
	}
	if err != nil {
		return operational.Listed[Product]{}, err
	}
	return postgres.Page(ctx, s.db, actor, l, q, listProducts, func(r listedProduct) Product {
		g, _ := grantOn(actor, operational.ObjectProduct, r.OrgID)
		return r.product().masked(g)
	})
}

// UpdateProduct changes a product of the caller's organisation that is still at this version.
func (s *Service) UpdateProduct(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch UpdateProduct) (Product, error) {
	var product Product
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		rows, err := tx.Query(ctx, getProduct, id)
		found, err := collectProducts(rows, err)
		if err != nil {
			return fmt.Errorf("read product %s: %w", id, err)
		}
		_, g, err := inReach(actor, found)
		if err != nil {
			return err
		}
		product, err = patch.onto(ctx, tx, g, found[0], version)
		if err != nil || len(product.differs(found[0])) == 0 {
			return err
		}
		product = product.after(found[0], tx.Now)
		return saveProduct(ctx, tx, product, found[0].Version, patch.fields()...)
	})
	if err != nil {
		return Product{}, err
	}
	g, _ := grantOn(actor, operational.ObjectProduct, product.OrganisationID)
	return product.masked(g), nil
}

// onto gives the product after the patch, if the caller may make it so.
func (patch UpdateProduct) onto(ctx context.Context, tx *postgres.Tx, g operational.Grant, p Product, version int64) (Product, error) {
	if p.OrganisationID != tx.Actor.Org {
		return p, operational.Fault(operational.KindForbidden, "not-your-product", "The product belongs to another organisation, which alone can change it.")
	}
	if err := g.Require(operational.ActEdit); err != nil {
		return p, err
	}
	if err := g.Writes(patch.members()...); err != nil {
		return p, err
	}
	if p.seen(g) != version {
		return p, operational.Stale("product")
	}
	after, err := patch.apply(p)
	if err != nil {
		return after, err
	}
	setup, err := objects.PatchTx(ctx, tx, operational.ObjectProduct, g, patch.Custom, &after.Custom, patch.RecordTypeID.Value, &after.RecordTypeID)
	if err == nil {
		err = after.demand(tx.Actor, setup, g, p)
	}
	return after, err
}

func saveProduct(ctx context.Context, tx *postgres.Tx, p Product, version int64, fields ...string) error {
	tag, err := tx.Exec(ctx, updateProduct, pgx.NamedArgs{
		"id": p.ID, "org": p.OrganisationID, "version": version, "now": tx.Now,
		"name": p.Name, "family": p.Family, "list_price": p.ListPrice.Amount, "currency": p.ListPrice.Currency, "active": p.OnSale(),
		"record_type_id": p.RecordTypeID, "custom": objects.Written(p.Custom), "touched": p.touched.Text(),
	})
	switch {
	case err != nil:
		return productFault(err)
	case tag.RowsAffected() == 0:
		return operational.Stale("product")
	}
	return events.Append(ctx, tx, "product.changed", p.ID, nil, fields...)
}

// EnsureProducts makes the organisation of the transaction have these products (by name) with this family and price,
// and gives them as they are then, in the same order. What is as wished already is not touched.
func (s *Service) EnsureProducts(ctx context.Context, tx *postgres.Tx, wanted []NewProduct) ([]Product, error) {
	byName, err := productsNamed(ctx, tx, wanted)
	if err != nil {
		return nil, err
	}
	products := make([]Product, 0, len(wanted))
	for _, in := range wanted {
		product, err := ensureProduct(ctx, tx, in, byName)
		if err != nil {
			return nil, fmt.Errorf("ensure product %.60q: %w", in.Name, err)
		}
		byName[in.Name] = product
		products = append(products, product)
	}
	return products, nil
}

func productsNamed(ctx context.Context, tx *postgres.Tx, wanted []NewProduct) (map[string]Product, error) {
	names := make([]string, 0, len(wanted))
	for _, in := range wanted {
		names = append(names, in.Name)
	}
	rows, err := tx.Query(ctx, productsByName, tx.Actor.Org, names)
	found, err := collectProducts(rows, err)
	if err != nil {
		return nil, fmt.Errorf("read products by name: %w", err)
	}
	byName := make(map[string]Product, len(found))
	for _, p := range found {
		byName[p.Name] = p
	}
	return byName, nil
}

func ensureProduct(ctx context.Context, tx *postgres.Tx, in NewProduct, known map[string]Product) (Product, error) {
	if err := in.Validate(); err != nil {
		return Product{}, err
	}
	old, found := known[in.Name]
	if !found {
		return createProduct(ctx, tx, in)
	}
	product := old
	product.Family, product.ListPrice = in.Family, in.ListPrice
	if len(product.differs(old)) == 0 {
		return old, nil
	}
	product = product.after(old, tx.Now)
	return product, saveProduct(ctx, tx, product, old.Version)
}
