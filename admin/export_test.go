package admin

import "net/http"

// LimitsOf and HTTPServerOf show to the tests what a listener goes by.
func LimitsOf(s *Server) Limits { return s.limits }

func HTTPServerOf(s *Server) *http.Server { return s.server() }
