package github

import "testing"

// TestPagesURL: the pages are where the API is, without what makes it the API.
func TestPagesURL(t *testing.T) {
	for api, want := range map[string]string{
		"":                               "https://github.com",
		"https://api.acme.ghe.com":       "https://acme.ghe.com",
		"https://github.acme.dev/api/v3": "https://github.acme.dev",
		"http://127.0.0.1:8080/":         "http://127.0.0.1:8080",
	} {
		base, err := baseURL(api)
		if err != nil {
			t.Fatal(err)
		}
		if got := pagesURL(base); got != want {
			t.Errorf("%q: %s, want %s", api, got, want)
		}
	}
}
