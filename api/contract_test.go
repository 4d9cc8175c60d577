package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
)

// contract is the document as another program reads it, with what it says of bodies made ready once.
type contract struct {
	routes  routers.Router
	schemas *jsonschema.Compiler

	mu    sync.Mutex
	ready map[string]*jsonschema.Schema // by place in the document
}

const contractAt = "https://sharepartner.example/openapi.json"

var document = sync.OnceValues(func() (*contract, error) {
	text, err := json.Marshal(api.New(api.Deps{Clock: time.Now}).OpenAPI())
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := &contract{schemas: jsonschema.NewCompiler(), ready: map[string]*jsonschema.Schema{}}
	c.schemas.DefaultDraft(jsonschema.Draft2020)
	c.schemas.AssertFormat()
	if err := c.schemas.AddResource(contractAt, whole); err != nil {
		return nil, err
	}
	c.routes, err = gorillamux.NewRouter(doc)
	return c, err
})

// schema is what the document says at a place, the members on the way to it named one by one.
func (c *contract) schema(way ...string) (*jsonschema.Schema, error) {
	place := ""
	for _, member := range way {
		place += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(member))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ready[place] == nil {
		compiled, err := c.schemas.Compile(contractAt + "#" + place)
		if err != nil {
			return nil, err
		}
		c.ready[place] = compiled
	}
	return c.ready[place], nil
}

// requireAsDescribed checks an answer against the document: its status, its content type, its headers and every value in
// it. Each answer of each test passes here.
func requireAsDescribed(t testing.TB, r *http.Request, got *httptest.ResponseRecorder) {
	t.Helper()
	c, err := document()
	require.NoError(t, err)
	route, params, err := c.routes.FindRoute(r)
	if err != nil { // no such operation: there is nothing to compare with
		require.Contains(t, []int{http.StatusNotFound, http.StatusMethodNotAllowed}, got.Code)
		return
	}
	partly := r.URL.Query().Has("fields") // asks for less than the document promises
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 got.Code, Header: got.Header(),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true, ExcludeResponseBody: true},
	})
	if err == nil && !partly {
		err = c.describes(route, got)
	}
	if err != nil {
		require.NoError(t, err, "%s %s is not what the document says: %s", r.Method, r.URL.Path, got.Body.String())
	}
}

// describes holds the body against what the document says of answers with its status and content type.
func (c *contract) describes(route *routers.Route, got *httptest.ResponseRecorder) error {
	status := strconv.Itoa(got.Code)
	if route.Operation.Responses.Value(status) == nil {
		status = "default"
	}
	content := route.Operation.Responses.Value(status).Value.Content
	if len(content) == 0 {
		return nil
	}
	mime, _, _ := strings.Cut(got.Header().Get("Content-Type"), ";")
	media := content[mime]
	switch {
	case media == nil:
		return fmt.Errorf("the document knows no %q there", mime)
	case media.Schema == nil:
		return nil
	case !strings.HasSuffix(mime, "json"):
		return media.Schema.Value.VisitJSON(got.Body.String())
	}
	schema, err := c.schema("paths", route.Path, strings.ToLower(route.Method), "responses", status, "content", mime, "schema")
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(got.Body.Bytes()))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

func TestTheDocumentIsWellFormed(t *testing.T) {
	text, err := json.Marshal(api.New(api.Deps{Clock: time.Now}).OpenAPI())
	require.NoError(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
	require.Equal(t, "3.1.0", doc.OpenAPI)
}

// What is not as described is found: a value that is missing, of another sort or form, one too many, another content type.
func TestAnswersThatAreNotAsDescribedAreFound(t *testing.T) {
	c, err := document()
	require.NoError(t, err)
	route, _, err := c.routes.FindRoute(httptest.NewRequest(http.MethodGet, "/v1/opportunities/"+uuid.NewString(), nil))
	require.NoError(t, err)
	problem := `{"type":"/problems/x","title":"x","status":404,"code":"x","detail":"x"}`
	for name, a := range map[string]struct {
		status            int
		contentType, body string
		fits              bool
	}{
		"a problem":            {404, "application/problem+json", problem, true},
		"nothing in it":        {200, "application/json", `{}`, false},
		"another sort":         {404, "application/problem+json", strings.Replace(problem, "404", `"404"`, 1), false},
		"one too many":         {404, "application/problem+json", strings.Replace(problem, "{", `{"secret":1,`, 1), false},
		"no JSON":              {404, "application/problem+json", problem + "}", false},
		"another content type": {404, "text/html", problem, false},
	} {
		rec := httptest.NewRecorder()
		rec.Header().Set("Content-Type", a.contentType)
		rec.WriteHeader(a.status)
		_, _ = rec.WriteString(a.body)
		require.Equal(t, a.fits, c.describes(route, rec) == nil, "%s: %v", name, c.describes(route, rec))
	}
	schema, err := c.schema("paths", "/v1/opportunities/{id}", "get", "responses", "200", "content", "application/json", "schema")
	require.NoError(t, err)
	wrong := schema.Validate(map[string]any{"id": "no id"})
	require.ErrorContains(t, wrong, "/id")
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
