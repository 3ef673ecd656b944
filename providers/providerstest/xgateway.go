package providerstest

import (
	"fmt"
	"net/http"
)

// XGateway's answers. A customer that it does not know is a 200 with null.
var (
	XGatewayNull           = xgatewayData("null", `"status":null`)
	XGatewayCreated        = XGatewayStatus("CREATED")
	XGatewayKYCNeeded      = XGatewayStatus("KYC_NEEDED")
	XGatewayPendingKYCData = XGatewayStatus("PENDING_KYC_DATA")
	XGatewayKYCPending     = XGatewayStatus("KYC_PENDING")
	XGatewayHardKYCFailed  = XGatewayStatus("HARD_KYC_FAILED")
	XGatewayFullUser       = XGatewayStatus("FULL_USER")
	XGatewaySoftKYCFailed  = xgatewayData("SOFT_KYC_FAILED", `"status":"SOFT_KYC_FAILED",`+
		`"docsMissing":[{"docType":"PASSPORT"},{"docType":"DRIVERS"},{"docType":"ID_CARD"},{"docType":"RESIDENCE_PERMIT"},{"docType":"SELFIE"}],`+
		`"kycEndUserErrorMessage":"Enter the date of birth as it stands on the document."`)

	XGatewayRefused  = XGatewayError(http.StatusBadRequest, "db_violation")
	XGatewayNotFound = XGatewayError(http.StatusNotFound, "not_found")
	XGatewayFailed   = XGatewayError(http.StatusInternalServerError, "internal")
	// The shape of a 401 is not published; the code says nothing that the status
	// does not.
	XGatewayDenied = XGatewayError(http.StatusUnauthorized, "unauthorized")
)

// XGatewayStatus returns a 200 with a status alone.
func XGatewayStatus(status string) Reply {
	return xgatewayData(status, fmt.Sprintf(`"status":%q`, status))
}

// XGatewayError returns an error with one code.
func XGatewayError(status int, code string) Reply {
	return Reply{Name: code, Status: status, Body: fmt.Sprintf(`{"success":false,"errors":[{"code":%q,"message":"The request failed."}]}`, code)}
}

func xgatewayData(name, members string) Reply {
	return Reply{Name: name, Status: http.StatusOK,
		Body: `{"data":{"id":"00000000-0000-4000-8000-000000000001",` + members + `},"success":true}`}
}

// NewXGateway returns XGateway's API for those who have the key.
func NewXGateway(key string) *Fake {
	return newFake(key, pages{
		prefix: "/api/v2/customer/", suffix: "/bank-transfer/kyc", missing: XGatewayDenied, wrong: XGatewayDenied, stranger: XGatewayNull,
		documented: []Reply{
			XGatewayNull, XGatewayCreated, XGatewayKYCNeeded, XGatewayPendingKYCData, XGatewayKYCPending, XGatewaySoftKYCFailed,
			XGatewayHardKYCFailed, XGatewayFullUser, XGatewayRefused, XGatewayNotFound, XGatewayFailed, XGatewayDenied,
		},
	})
}
