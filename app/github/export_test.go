package github

// Kept is of how many installations the client keeps something.
func (c *Client) Kept() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.installations)
}
