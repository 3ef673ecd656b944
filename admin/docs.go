package admin

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// The page is written here, out of the API's description, so that it needs
// nothing from anywhere else and no script.
var (
	//go:embed docs.html
	docsHTML string
	//go:embed docs.css
	docsCSS string

	docsPage = template.Must(template.New("docs").Parse(docsHTML))
)

type (
	docPage struct {
		*huma.Info
		Token  string
		Style  template.CSS
		Groups []docGroup
		Types  []docType
	}
	docGroup struct {
		Name       string
		Operations []docOperation
	}
	docOperation struct {
		*huma.Operation
		Role      string // "" where no token is needed
		Body      template.HTML
		Fields    []docField
		Responses []docResponse
	}
	docField struct {
		Name, In, Text string
		Type           template.HTML
		Required       bool
	}
	docResponse struct {
		Status, Text string
		Type         template.HTML
	}
	docType struct {
		Name   string
		Fields []docField
	}
)

// registerDocs serves the page. Its policy allows the page's own style, by its
// digest, and nothing else.
func (s *Server) registerDocs(api *huma.OpenAPI) error {
	page := docPage{
		Info: api.Info, Token: api.Components.SecuritySchemes[securityScheme].Description,
		Style: template.CSS(docsCSS), Groups: docGroups(api), Types: docTypes(api.Components.Schemas.Map()),
	}
	var html bytes.Buffer
	if err := docsPage.Execute(&html, page); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	digest := sha256.Sum256([]byte(docsCSS))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	s.router.Method(http.MethodGet, "/docs", constant("text/html; charset=utf-8", policy, html.Bytes()))
	return nil
}

// docGroups returns the operations by their tags, in the order of the tags, by
// path and method.
func docGroups(api *huma.OpenAPI) []docGroup {
	var groups []docGroup
	for _, tag := range api.Tags {
		g := docGroup{Name: tag.Name}
		for _, path := range slices.Sorted(maps.Keys(api.Paths)) {
			item := api.Paths[path]
			for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
				if op != nil && slices.Contains(op.Tags, tag.Name) {
					g.Operations = append(g.Operations, docOf(op))
				}
			}
		}
		groups = append(groups, g)
	}
	return groups
}

func docOf(op *huma.Operation) docOperation {
	d := docOperation{Operation: op}
	d.Role, _ = op.Extensions["x-admit-role"].(string)
	for _, p := range op.Parameters {
		d.Fields = append(d.Fields, docField{p.Name, p.In, p.Description, typeOf(p.Schema), p.Required})
	}
	if op.RequestBody != nil {
		d.Body = typeIn(op.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		d.Responses = append(d.Responses, docResponse{status, r.Description, typeIn(r.Content)})
	}
	return d
}

func docTypes(schemas map[string]*huma.Schema) []docType {
	var types []docType
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		s := schemas[name]
		t := docType{Name: name}
		for _, field := range slices.Sorted(maps.Keys(s.Properties)) {
			p := s.Properties[field]
			t.Fields = append(t.Fields, docField{field, "", p.Description, typeOf(p), slices.Contains(s.Required, field)})
		}
		slices.SortStableFunc(t.Fields, func(a, b docField) int { return cmp.Compare(rank(a), rank(b)) })
		types = append(types, t)
	}
	return types
}

// rank puts the fields that are always there first.
func rank(f docField) int {
	if f.Required {
		return 0
	}
	return 1
}

func typeIn(content map[string]*huma.MediaType) template.HTML {
	for _, media := range content {
		return typeOf(media.Schema)
	}
	return ""
}

// typeOf says what a value looks like, with links to the named types. Everything
// that comes from the description is escaped here.
func typeOf(s *huma.Schema) template.HTML {
	text := template.HTMLEscapeString
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		name := text(s.Ref[strings.LastIndex(s.Ref, "/")+1:])
		return template.HTML(`<a href="#` + name + `">` + name + `</a>`)
	case len(s.AnyOf) > 0:
		var kinds []string
		for _, of := range s.AnyOf {
			kinds = append(kinds, string(typeOf(of)))
		}
		return template.HTML(strings.Join(kinds, " or "))
	case s.Type == huma.TypeArray:
		return "list of " + typeOf(s.Items)
	case len(s.Enum) > 0:
		var words []string
		for _, w := range s.Enum {
			words = append(words, "<code>"+text(fmt.Sprint(w))+"</code>")
		}
		return template.HTML(strings.Join(words, ", "))
	case s.Type == huma.TypeObject:
		if of, ok := s.AdditionalProperties.(*huma.Schema); ok {
			return "map to " + typeOf(of)
		}
		return "object"
	case s.Type == "":
		return "any"
	}
	t := text(s.Type)
	if s.Format != "" && s.Type == huma.TypeString {
		t = text(s.Format)
	}
	if s.Nullable {
		t += " or null"
	}
	return template.HTML(t)
}
