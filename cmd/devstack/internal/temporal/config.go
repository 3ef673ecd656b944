package temporal

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"

	"admit/cmd/devstack/internal/ports"
)

const (
	clusterName = "active"
	storeName   = "sqlite"
	// shards is fixed when a database is made; the server ignores a change.
	shards = 4
)

// dynamic holds the settings that differ from the server's defaults. Its
// queues are polled up to 20 times a second by default, which alone costs a
// signal tens of milliseconds; and a developer who looks at the UI should not
// meet the limit of ten list requests a second.
func dynamic() dynamicconfig.StaticClient {
	return dynamicconfig.StaticClient{
		dynamicconfig.TransferProcessorMaxPollRPS.Key():                        1000,
		dynamicconfig.TimerProcessorMaxPollRPS.Key():                           1000,
		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key():            true,
		dynamicconfig.FrontendEnableUpdateWorkflowExecution.Key():              true,
		dynamicconfig.FrontendEnableUpdateWorkflowExecutionAsyncAccepted.Key(): true,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key():       1000,
		dynamicconfig.HistoryCacheHostLevelMaxSize.Key():                       8192,
	}
}

// sqliteConfig says where the database is: in the file at path, or in memory under a
// name that nobody else in this process uses.
func sqliteConfig(path string) *config.SQL {
	if path == InMemory {
		return &config.SQL{
			PluginName:        sqliteplugin.PluginName,
			DatabaseName:      fmt.Sprintf("devstack-%d", rand.Uint64()),
			ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
		}
	}
	return &config.SQL{
		PluginName:   sqliteplugin.PluginName,
		DatabaseName: (&url.URL{Path: path}).EscapedPath(),
		ConnectAttributes: map[string]string{
			"mode":         "rwc",
			"journal_mode": "wal",
			"synchronous":  "normal",
		},
	}
}

// settings is the static configuration of a server whose services listen on
// the given ports, the frontend's as its clients know it.
func settings(database *config.SQL, port map[primitives.ServiceName]int) *config.Config {
	frontend := ports.Addr(port[primitives.FrontendService])
	c := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:     storeName,
			VisibilityStore:  storeName,
			NumHistoryShards: shards,
			DataStores:       map[string]config.DataStore{storeName: {SQL: database}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: frontend},
		Services:            make(map[string]config.Service),
	}
	c.Global.Membership = config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: ports.Host}
	c.Archival.History.State = "disabled"
	c.Archival.Visibility.State = "disabled"
	c.NamespaceDefaults.Archival.History.State = "disabled"
	c.NamespaceDefaults.Archival.Visibility.State = "disabled"
	for name, number := range port {
		c.Services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: number, BindOnIP: ports.Host}}
	}
	return c
}

// hosts tells each service where the others are, which spares the server the
// gossip by which a real cluster finds out.
func hosts(port map[primitives.ServiceName]int) map[primitives.ServiceName]static.Hosts {
	all := make(map[primitives.ServiceName]static.Hosts)
	for name, number := range port {
		all[name] = static.SingleLocalHost(ports.Addr(number))
	}
	return all
}

// servicePorts gives the frontend its port and every other service a free one.
func servicePorts(frontend int, picker *ports.Picker) (map[primitives.ServiceName]int, error) {
	port := make(map[primitives.ServiceName]int)
	for _, name := range temporal.DefaultServices {
		service := primitives.ServiceName(name)
		if service == primitives.FrontendService {
			port[service] = frontend
			continue
		}
		free, err := picker.Free()
		if err != nil {
			return nil, err
		}
		port[service] = free
	}
	return port, nil
}
