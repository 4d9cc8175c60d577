package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
)

// document is the contract as another program reads it.
var document = sync.OnceValues(func() (routers.Router, error) {
	text, err := json.Marshal(api.New(api.Deps{Clock: time.Now}).OpenAPI())
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// requireAsDescribed checks an answer against the document: its status, its content type and every value in it.
// Each answer of each test passes here.
func requireAsDescribed(t testing.TB, r *http.Request, got *httptest.ResponseRecorder) {
	t.Helper()
	router, err := document()
	require.NoError(t, err)
	route, params, err := router.FindRoute(r)
	if err != nil { // no such operation: there is nothing to compare with
		require.Contains(t, []int{http.StatusNotFound, http.StatusMethodNotAllowed}, got.Code)
		return
	}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 got.Code, Header: got.Header(), Body: io.NopCloser(bytes.NewReader(got.Body.Bytes())),
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, MultiError: true,
			ExcludeResponseBody: r.URL.Query().Has("fields"), // asks for less than the document promises
		},
	})
	require.NoError(t, err, "%s %s is not what the document says: %s", r.Method, r.URL.Path, got.Body.String())
}

func TestTheDocumentIsWellFormed(t *testing.T) {
	text, err := json.Marshal(api.New(api.Deps{Clock: time.Now}).OpenAPI())
	require.NoError(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
	require.Equal(t, "3.1.0", doc.OpenAPI)
}

// TestTheDocumentIsServed also to those who have not signed in.
func TestTheDocumentIsServed(t *testing.T) {
	a := api.New(api.Deps{Clock: time.Now})
	for path, contentType := range map[string]string{"/openapi.json": "application/openapi+json", "/openapi.yaml": "application/openapi+yaml"} {
		rec := httptest.NewRecorder()
		a.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, http.StatusOK, rec.Code)
		require.Equal(t, contentType, rec.Header().Get("Content-Type"))
		require.Contains(t, rec.Body.String(), "x-permission")
	}
}
