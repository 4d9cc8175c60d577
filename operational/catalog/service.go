package catalog

import (
	"context"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Service keeps products and sales processes.
type Service struct{ db *postgres.DB }

// New makes the service on a login.
func New(db *postgres.DB) *Service { return &Service{db: db} }

// ProductListing says by which fields products can be listed.
func ProductListing() operational.Listing { return operational.Listing{} }

// ProcessListing says by which fields sales processes can be listed.
func ProcessListing() operational.Listing { return operational.Listing{} }

// CreateProduct adds a product to the caller's organisation.
func (s *Service) CreateProduct(ctx context.Context, actor operational.Actor, in NewProduct) (Product, error) {
	return Product{}, nil
}

// Product reads one product of the caller's organisation or of a vendor it is connected with.
func (s *Service) Product(ctx context.Context, actor operational.Actor, id uuid.UUID) (Product, error) {
	return Product{}, nil
}

// Products lists the products that the caller may see.
func (s *Service) Products(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Product], error) {
	return operational.Listed[Product]{}, nil
}

// UpdateProduct changes a product of the caller's organisation that is still at this version.
func (s *Service) UpdateProduct(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch UpdateProduct) (Product, error) {
	return Product{}, nil
}

// CreateProcess adds a sales process to the caller's organisation.
func (s *Service) CreateProcess(ctx context.Context, actor operational.Actor, in NewProcess) (SalesProcess, error) {
	return SalesProcess{}, nil
}

// Process reads one sales process of the caller's organisation or of a vendor it is connected with.
func (s *Service) Process(ctx context.Context, actor operational.Actor, id uuid.UUID) (SalesProcess, error) {
	return SalesProcess{}, nil
}

// Processes lists the sales processes that the caller may see.
func (s *Service) Processes(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[SalesProcess], error) {
	return operational.Listed[SalesProcess]{}, nil
}

// EnsureProducts makes the organisation of the transaction have these products (by name) with this family and price,
// and gives them as they are then, in the same order. What is as wished already is not touched.
func (s *Service) EnsureProducts(ctx context.Context, tx *postgres.Tx, wanted []NewProduct) ([]Product, error) {
	return nil, nil
}

// EnsureProcess makes the organisation of the transaction have this process (by name) and gives it as it is.
func (s *Service) EnsureProcess(ctx context.Context, tx *postgres.Tx, wanted NewProcess) (SalesProcess, error) {
	return SalesProcess{}, nil
}
