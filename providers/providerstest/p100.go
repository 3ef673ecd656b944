package providerstest

import (
	"fmt"
	"net/http"
)

// P100's answers. Those named after a code come with the status that the page
// gives: P500 and P501 with 400, too.
var (
	P100Verified    = P100Status("VERIFIED")
	P100NotVerified = P100Status("NOT_VERIFIED")
	P100Expired     = P100Status("EXPIRED")

	P100Pending    = P100Attempt("NOT_VERIFIED", "PENDING", "")
	P100InProgress = P100Attempt("NOT_VERIFIED", "VERIFICATION", "")
	P100Successful = P100Attempt("NOT_VERIFIED", "SUCCESSFUL", "")
	P100Rejected   = P100Attempt("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "NO_FACE_FOUND")

	P100P412 = P100Error(http.StatusBadRequest, "P412", "invalid-user", "User does not exist")
	P100P445 = P100Error(http.StatusNotFound, "P445", "kyc-not-found", "KYC not found")
	P100P459 = P100Error(http.StatusBadRequest, "P459", "user-not-verified", "User not verified")
	P100P500 = P100Error(http.StatusBadRequest, "P500", "unknown", "Unknown exception")
	P100P501 = P100Error(http.StatusBadRequest, "P501", "unavailable", "Service temporarily unavailable")
	// P100P403 is a failed validation, the one error without a name.
	P100P403 = Reply{Name: "P403", Status: http.StatusBadRequest, Body: `{"errorCode":"P403","errorMessage":"externalUserId is not valid"}`}

	// A 401 tells in its text what is wrong: the key is missing, or wrong, or the
	// address is not one that P100 knows.
	P100XO1 = P100Denied("xo1")
	P100XO2 = P100Denied("xo2")
	P100XO3 = P100Denied("xo3")
	// P100XO3JSON is P100XO3 in JSON: the page does not say which it is.
	P100XO3JSON = Reply{Name: "xo3 in JSON", Status: http.StatusUnauthorized, Body: `{"message":"Access Denied. xo3"}`}
)

// P100Status returns a 200 with the overall status alone.
func P100Status(status string) Reply {
	return Reply{Name: status, Status: http.StatusOK, Body: fmt.Sprintf(`{"verificationStatus":%q}`, status)}
}

// P100Attempt returns a 200 with an attempt, and its reason unless that is "".
func P100Attempt(status, attempt, reason string) Reply {
	r := Reply{Name: status + " " + attempt, Status: http.StatusOK}
	if reason == "" {
		r.Body = fmt.Sprintf(`{"verificationStatus":%q,"attemptStatus":%q}`, status, attempt)
		return r
	}
	r.Body = fmt.Sprintf(`{"verificationStatus":%q,"attemptStatus":%q,"rejectionReason":%q}`, status, attempt, reason)
	return r
}

// P100Error returns a business error.
func P100Error(status int, code, name, message string) Reply {
	return Reply{Name: code, Status: status, Body: fmt.Sprintf(`{"errorCode":%q,"errorMessage":%q,"errorName":%q}`, code, message, name)}
}

// P100Denied returns a 401 in plain text.
func P100Denied(mark string) Reply {
	return Reply{Name: mark, Status: http.StatusUnauthorized, Type: "text/plain", Body: "Access Denied. " + mark}
}

// NewP100 returns P100's API for those who have the key.
func NewP100(key string) *Fake {
	return newFake(key, pages{
		prefix: "/v1/kyc/status/", missing: P100XO1, wrong: P100XO2, stranger: P100P412,
		documented: []Reply{
			P100Verified, P100NotVerified, P100Expired, P100Pending, P100InProgress, P100Successful, P100Rejected,
			P100P412, P100P445, P100P459, P100P500, P100P501, P100P403, P100XO1, P100XO2, P100XO3, P100XO3JSON,
		},
	})
}
