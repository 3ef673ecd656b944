module admit/cmd/simulator

go 1.26.8

require (
	admit v0.0.0
	github.com/standard-webhooks/standard-webhooks/libraries v0.0.1
)

replace admit => ../..
