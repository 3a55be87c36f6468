package githubtest

import (
	"encoding/json"
	"net/http"
	"slices"
)

func getHookConfig(c *call) answer { return ok(hookConfig(c.app)) }

func hookConfig(a *App) obj {
	o := obj{"content_type": "json", "insecure_ssl": "0", "url": a.webhookURL}
	if a.secret != "" {
		o["secret"] = "********"
	}
	return o
}

func updateHookConfig(c *call) answer {
	var in struct {
		URL    *string `json:"url"`
		Secret *string `json:"secret"`
	}
	if a, ok := c.decode(&in); !ok {
		return a
	}
	set(&c.app.webhookURL, in.URL)
	set(&c.app.secret, in.Secret)
	return ok(hookConfig(c.app))
}

// listDeliveries is GET /app/hook/deliveries, newest first, with cursors.
func listDeliveries(c *call) answer {
	c.srv.hooks.mu.Lock()
	defer c.srv.hooks.mu.Unlock()
	size := min(max(c.queryInt("per_page", 30), 1), 100)
	cursor := int64(c.queryInt("cursor", 0))
	list, next := []any{}, int64(0)
	for _, d := range slices.Backward(c.srv.hooks.log) {
		if d.app != c.app || !d.Done || cursor != 0 && d.ID > cursor || !fitsStatus(d, c.query("status")) {
			continue
		}
		if len(list) == size {
			next = d.ID
			break
		}
		list = append(list, deliveryJSON(d))
	}
	a := ok(list)
	if next != 0 {
		q := c.r.URL.Query()
		q.Set("cursor", jsonNumber(next))
		a = a.with("Link", "<"+c.srv.api("app/hook/deliveries")+"?"+q.Encode()+`>; rel="next"`)
	}
	return a
}

func fitsStatus(d *Delivery, status string) bool {
	good := d.StatusCode >= 200 && d.StatusCode < 400
	return status == "" || good == (status == "success")
}

func jsonNumber(n int64) string { return string(encode(n)) }

func getDelivery(c *call) answer {
	d := c.srv.delivery(c.number("delivery_id"))
	if d == nil || d.app != c.app {
		return notFound()
	}
	c.srv.hooks.mu.Lock()
	defer c.srv.hooks.mu.Unlock()
	o := deliveryJSON(d)
	headers := obj{}
	for name := range d.Header {
		headers[name] = d.Header.Get(name)
	}
	o["url"] = d.url
	o["request"] = obj{"headers": headers, "payload": json.RawMessage(d.Payload)}
	o["response"] = obj{"headers": obj{}, "payload": string(d.Answer)}
	return ok(o)
}

func redeliver(c *call) answer {
	d := c.srv.delivery(c.number("delivery_id"))
	if d == nil || d.app != c.app {
		return notFound()
	}
	c.srv.again(d)
	return answer{status: http.StatusAccepted, json: obj{}}
}

// deliveryJSON is the schema "hook-delivery-item".
func deliveryJSON(d *Delivery) obj {
	status := http.StatusText(d.StatusCode)
	if d.StatusCode == 0 {
		status = "failed to connect to host"
	} else if d.StatusCode == 200 {
		status = "OK"
	}
	o := obj{
		"id": d.ID, "guid": d.GUID, "delivered_at": stamp(d.DeliveredAt), "redelivery": d.Redelivery,
		"duration": d.Duration.Seconds(), "status": status, "status_code": d.StatusCode, "event": d.Event,
		"action": orNil(d.Action), "installation_id": nil, "repository_id": nil, "throttled_at": nil,
	}
	if d.InstallationID != 0 {
		o["installation_id"] = d.InstallationID
	}
	if d.RepositoryID != 0 {
		o["repository_id"] = d.RepositoryID
	}
	return o
}
