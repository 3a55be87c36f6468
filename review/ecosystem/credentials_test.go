package ecosystem

import "testing"

func TestCredentials(t *testing.T) {
	for p, want := range map[string]bool{
		".env": true, "a/.env.production": true, "prod.env": true, ".env.example": false, ".env.local.sample": false,
		"environment": false, "id_rsa": true, "id_rsa.pub": false, "certs/server.pem": true, "server.key": true,
		"config/master.key": true, "x/master.key": false, ".npmrc": true, ".aws/credentials": true,
		"credentials": false, ".docker/config.json": true, "config.json": false, ".kube/config": true, "config": false,
		"my-service-account.json": true, "package.json": false,
	} {
		if Credentials(p) != want {
			t.Errorf("Credentials(%q) is %v", p, !want)
		}
	}
}
