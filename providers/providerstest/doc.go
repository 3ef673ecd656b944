// Package providerstest plays the providers' APIs: P100's "Get KYC Status" and
// XGateway's "Check KYC status", for tests and for trying things out without a
// provider.
//
//	fake := providerstest.NewP100("key-1")
//	server, err := fake.Start("127.0.0.1:0")
//	...
//	fake.Answer("user-1", providerstest.P100P501, providerstest.P100Verified)
//	... ask server.URL with the key ...
//	fake.Asked("user-1") // 2
//	fake.Faults()        // what was asked in another way than the pages say
//
// A user's replies are given in turn, the last again and again. A user without
// any is not known: P412 at P100, a status of null at XGateway. Documented lists
// every answer that the providers' pages show. The fields of P100's 200 are not
// published; the replies here use the words of its webhook.
package providerstest
