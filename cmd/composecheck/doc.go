// Package composecheck holds the tests of docker-compose.yml, the Dockerfile and
// deploy/: what can be known of them without a container engine.
//
// It is a module of its own, so that the parsers of those formats stay out of the
// product's dependency graph. Its commands need the go tool and the module cache,
// no network.
package composecheck
