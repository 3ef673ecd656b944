package postgres

import (
	"embed"
	"strings"
)

//go:embed sql/*.sql
var statements embed.FS

//go:embed migrations/*.sql
var migrations embed.FS

// statement returns the SQL of one file of sql/. A name that does not exist is a
// mistake in the program and stops it at its start.
func statement(name string) string {
	text, err := statements.ReadFile("sql/" + name + ".sql")
	if err != nil {
		panic("postgres: no statement " + name)
	}
	return strings.TrimSpace(string(text))
}
