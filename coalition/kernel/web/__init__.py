"""What every door shares: the hardened JSON body, problem+json, paging, pages, icons and charts."""
