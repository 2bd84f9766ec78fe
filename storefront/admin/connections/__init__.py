"""The pages on which a merchant connects a shop, and sees whether it is connected."""
