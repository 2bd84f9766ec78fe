"""What a storefront asks face B, as its author writes it; every client is given these."""

DOWNLOAD = """
query {
  customerDownloadableProduct(id: "/api/shop/customer-downloadable-products/1") {
    id
    _id
    productName
    name
    fileName
    type
    downloadBought
    downloadUsed
    downloadCanceled
    status
    remainingDownloads
    order { _id incrementId status grandTotal }
    createdAt
    updatedAt
    downloadUrl
  }
}
"""

DOWNLOADS = """
query Downloads($first: Int, $after: String) {
  customerDownloadableProducts(first: $first, after: $after) {
    edges { cursor node { id _id name } }
    pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
    totalCount
  }
}
"""

SIGN_IN = """
mutation SignIn($email: String!, $password: String!) {
  createCustomerLogin(input: {email: $email, password: $password}) {
    customerLogin { id _id token success message }
  }
}
"""

VERIFY = """
mutation Verify {
  createVerifyToken(input: {}) {
    verifyToken { id _id email firstName lastName isValid message }
  }
}
"""

SIGN_OUT = """
mutation SignOut {
  createLogout(input: {}) { logout { success message } }
}
"""

DOCUMENTS = {
    "download": DOWNLOAD,
    "downloads": DOWNLOADS,
    "signIn": SIGN_IN,
    "verify": VERIFY,
    "signOut": SIGN_OUT,
}
