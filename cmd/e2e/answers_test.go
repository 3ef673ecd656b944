package e2e_test

// What Admit does with each answer of the providers' APIs: of a user in review who
// was reported PENDING, and of one who was reported VERIFIED.
var p100Did = map[string]map[string]did{
	"in_review": {
		"VERIFIED":                          {"approved", "noted first_answer, applied second_answer", "", ""},
		"NOT_VERIFIED":                      {"in_review", "noted agrees", "", ""},
		"EXPIRED":                           {"action_required", "noted first_answer, applied second_answer", "", ""},
		"NOT_VERIFIED PENDING":              {"in_review", "noted agrees", "", ""},
		"NOT_VERIFIED VERIFICATION":         {"in_review", "noted agrees", "", ""},
		"NOT_VERIFIED SUCCESSFUL":           {"in_review", "noted agrees", "", ""},
		"NOT_VERIFIED REJECTED_BY_PROVIDER": {"action_required", "noted first_answer, applied second_answer", "", ""},
		"P412":                              {"in_review", "noted unknown_user", "", "unanswered:kyc:P412"},
		"P445":                              {"in_review", "noted unknown_user", "", "unanswered:kyc:P445"},
		"P459":                              {"in_review", "noted agrees", "", ""},
		"P500":                              {"in_review", "", "P500", ""},
		"P501":                              {"in_review", "", "P501", ""},
		"P403":                              {"in_review", "noted unusable", "", "unanswered:kyc:P403"},
		"xo1":                               {"in_review", "", denied1, ""},
		"xo2":                               {"in_review", "", denied2, ""},
		"xo3":                               {"in_review", "", denied3, ""},
		"xo3 in JSON":                       {"in_review", "", denied3, ""},
		"a proxy's page":                    {"in_review", "noted unusable", "", "unanswered:kyc:unreadable"},
		"elsewhere":                         {"in_review", "", "http 404", ""},
		"moved":                             {"in_review", "", "http 302", ""},
		"dropped":                           {"in_review", "", "broken connection", ""},
		"away":                              {"in_review", "", "http 503", ""},
	},
	"approved": {
		"VERIFIED":                          {"approved", "noted agrees", "", ""},
		"NOT_VERIFIED":                      {"suspended", "noted first_answer, applied second_answer", "", "reversed:kyc"},
		"EXPIRED":                           {"suspended", "noted first_answer, applied second_answer", "", "reversed:kyc"},
		"NOT_VERIFIED PENDING":              {"suspended", "noted first_answer, applied second_answer", "", "reversed:kyc"},
		"NOT_VERIFIED VERIFICATION":         {"suspended", "noted first_answer, applied second_answer", "", "reversed:kyc"},
		"NOT_VERIFIED SUCCESSFUL":           {"suspended", "noted first_answer, applied second_answer", "", "reversed:kyc"},
		"NOT_VERIFIED REJECTED_BY_PROVIDER": {"suspended", "noted first_answer, applied second_answer", "", "reversed:kyc"},
		"P412":                              {"approved", "noted unknown_user", "", "unanswered:kyc:P412"},
		"P445":                              {"approved", "noted unknown_user", "", "unanswered:kyc:P445"},
		"P459":                              {"approved", "noted verified_otherwise", "", "api_contradicts:kyc:verified_otherwise"},
		"P500":                              {"approved", "", "P500", ""},
		"P501":                              {"approved", "", "P501", ""},
		"P403":                              {"approved", "noted unusable", "", "unanswered:kyc:P403"},
		"xo1":                               {"approved", "", denied1, ""},
		"xo2":                               {"approved", "", denied2, ""},
		"xo3":                               {"approved", "", denied3, ""},
		"xo3 in JSON":                       {"approved", "", denied3, ""},
		"a proxy's page":                    {"approved", "noted unusable", "", "unanswered:kyc:unreadable"},
		"elsewhere":                         {"approved", "", "http 404", ""},
		"moved":                             {"approved", "", "http 302", ""},
		"dropped":                           {"approved", "", "broken connection", ""},
		"away":                              {"approved", "", "http 503", ""},
	},
}

// The same of a customer who was reported KYC_PENDING, and of one whose FULL_USER
// waits to be confirmed.
var xgatewayDid = map[string]map[string]did{
	"in_review": {
		"null":             {"in_review", "noted unknown_user", "", "unanswered:sepa_kyc:null_status"},
		"CREATED":          {"collecting", "noted first_answer, applied second_answer", "", ""},
		"KYC_NEEDED":       {"collecting", "noted first_answer, applied second_answer", "", ""},
		"PENDING_KYC_DATA": {"collecting", "noted first_answer, applied second_answer", "", ""},
		"KYC_PENDING":      {"in_review", "noted agrees", "", ""},
		"SOFT_KYC_FAILED":  {"action_required", "noted first_answer, applied second_answer", "", ""},
		"HARD_KYC_FAILED":  {"rejected", "noted first_answer, applied second_answer", "", ""},
		"FULL_USER":        {"approved", "noted first_answer, applied second_answer", "", ""},
		"db_violation":     {"in_review", "noted unusable", "", "unanswered:sepa_kyc:db_violation"},
		"not_found":        {"in_review", "noted unusable", "", "unanswered:sepa_kyc:not_found"},
		"internal":         {"in_review", "", "http 500", ""},
		"unauthorized":     {"in_review", "", "401", ""},
		"a proxy's page":   {"in_review", "noted unusable", "", "unanswered:sepa_kyc:unreadable"},
		"elsewhere":        {"in_review", "", "http 404", ""},
		"moved":            {"in_review", "", "http 302", ""},
		"dropped":          {"in_review", "", "broken connection", ""},
		"away":             {"in_review", "", "http 503", ""},
	},
	"unconfirmed": {
		"null":             {"in_review", "noted unknown_user", "", "unanswered:sepa_kyc:null_status"},
		"CREATED":          {"collecting", "noted first_answer, applied second_answer", "", ""},
		"KYC_NEEDED":       {"collecting", "noted first_answer, applied second_answer", "", ""},
		"PENDING_KYC_DATA": {"collecting", "noted first_answer, applied second_answer", "", ""},
		"KYC_PENDING":      {"in_review", "noted first_answer, applied second_answer", "", ""},
		"SOFT_KYC_FAILED":  {"action_required", "noted first_answer, applied second_answer", "", ""},
		"HARD_KYC_FAILED":  {"rejected", "noted first_answer, applied second_answer", "", ""},
		"FULL_USER":        {"approved", "applied confirmed", "", ""},
		"db_violation":     {"in_review", "noted unusable", "", "unanswered:sepa_kyc:db_violation"},
		"not_found":        {"in_review", "noted unusable", "", "unanswered:sepa_kyc:not_found"},
		"internal":         {"in_review", "", "http 500", ""},
		"unauthorized":     {"in_review", "", "401", ""},
		"a proxy's page":   {"in_review", "noted unusable", "", "unanswered:sepa_kyc:unreadable"},
		"elsewhere":        {"in_review", "", "http 404", ""},
		"moved":            {"in_review", "", "http 302", ""},
		"dropped":          {"in_review", "", "broken connection", ""},
		"away":             {"in_review", "", "http 503", ""},
	},
}

// What the ledger says of a question that P100 refuses.
const (
	denied1 = "401 xo1: the key is missing"
	denied2 = "401 xo2: the key is wrong"
	denied3 = "401 xo3: this address is not allowed"
)
