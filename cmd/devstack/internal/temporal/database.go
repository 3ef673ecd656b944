package temporal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// retention is how long the server keeps a closed workflow's history.
const retention = 30 * 24 * time.Hour

// createFile makes the database file with its schema when there is none. It is
// built beside path and renamed, so an interrupted one is never taken for a
// whole one.
func createFile(path string) error {
	if path == InMemory {
		return nil
	}
	_, err := os.Stat(path)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for the database: %w", err)
	}
	building := path + ".new"
	if err := os.RemoveAll(building); err != nil {
		return fmt.Errorf("remove an unfinished database: %w", err)
	}
	draft := sqliteConfig(building)
	draft.ConnectAttributes = map[string]string{"mode": "rwc", "synchronous": "off"}
	if err := sqlite.SetupSchema(draft); err != nil {
		return fmt.Errorf("set up the schema: %w", err)
	}
	if err := os.Rename(building, path); err != nil {
		return fmt.Errorf("put the new database in place: %w", err)
	}
	return nil
}

// createNamespace writes the namespace with its search attributes into a
// database that has none. Written before the server reads it for the first
// time, they need no refresh of any cache.
func createNamespace(database *config.SQL) error {
	namespace, err := sqlite.NewNamespaceConfig(clusterName, Namespace, false, SearchAttributes())
	if err != nil {
		return fmt.Errorf("describe the namespace: %w", err)
	}
	namespace.Detail.Config.Retention = durationpb.New(retention)
	if err := sqlite.CreateNamespaces(database, namespace); err != nil {
		return fmt.Errorf("create the namespace: %w", err)
	}
	return nil
}
