module admit

go 1.26.0
