// Package uitest looks at Admit as a support person does: in the Temporal UI, with
// a browser. Its tests run the real binary on the servers of make test, play
// webhooks, and read what the UI shows of the users.
//
// It holds tests alone, in a module of its own, so that driving a browser is no
// dependency of the product.
package uitest
