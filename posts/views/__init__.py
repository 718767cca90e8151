"""Pages of a post on its way to the approver: list, composer, pictures, history."""
