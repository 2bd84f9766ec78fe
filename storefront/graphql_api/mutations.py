"""The shape of a customer's sign-in (CONTRACTS, face B, "Customer sign-in")."""

from typing import Any

import graphene
from graphene import relay
from graphql import GraphQLResolveInfo

from downloads import fulfilment, lookups
from downloads.errors import PasswordsBusy, SignInRefused
from downloads.models import Account, Customer
from storefront.authentication import let_in
from storefront.graphql_api.compatibility import always_null, ignored
from storefront.http.account_lockout import AccountTries
from storefront.http.errors import Unauthenticated
from storefront.http.requests import require_same_password
from storefront.http.throttling import count_sign_in

IRI = "/api/shop/customers/"
LINK_MAILED = "If this address has an account, a link to choose a new password is on its way to it"


class RegisteredCustomer(graphene.ObjectType):
    """Who was registered. The answer is the same whether the address was known or not."""

    id = graphene.ID(description="null until the address is confirmed")
    _id = graphene.Int(name="_id", description="null until the address is confirmed")
    email = graphene.String()
    first_name = graphene.String()
    last_name = graphene.String()
    name = graphene.String(description="The first and the last")
    phone = always_null(graphene.String)
    status = always_null(graphene.String)
    api_token = always_null(graphene.String)
    customer_group_id = always_null(graphene.Int)
    subscribed_to_news_letter = always_null(graphene.Boolean)
    is_verified = always_null(graphene.String)
    is_suspended = always_null(graphene.String)
    token = always_null(graphene.String)
    remember_token = always_null(graphene.String)

    @staticmethod
    def resolve_id(account: Account, info: GraphQLResolveInfo) -> None:
        return None

    @staticmethod
    def resolve__id(account: Account, info: GraphQLResolveInfo) -> None:
        return None

    @staticmethod
    def resolve_name(account: Account, info: GraphQLResolveInfo) -> str:
        return f"{account.first_name} {account.last_name}"


class CustomerLogin(graphene.ObjectType):
    """A fresh bearer, or why there is none."""

    id = graphene.ID()
    _id = graphene.Int(name="_id", description="0: not signed in")
    api_token = always_null(graphene.String)
    token = graphene.String(description="Send it as Authorization: Bearer …; empty: not signed in")
    success = graphene.Boolean(required=True)
    message = graphene.String(required=True)


class Logout(graphene.ObjectType):
    success = graphene.Boolean(required=True)
    message = graphene.String(required=True)


class ForgottenPassword(graphene.ObjectType):
    """What was done. It is the same whether the address has an account or not."""

    success = graphene.Boolean(required=True)
    message = graphene.String(required=True)


class VerifiedToken(graphene.ObjectType):
    """Whose bearer was sent; nulls where it is not to be used."""

    id = graphene.ID()
    _id = graphene.Int(name="_id")
    email = graphene.String()
    first_name = graphene.String()
    last_name = graphene.String()
    is_valid = graphene.Boolean(required=True)
    message = graphene.String(required=True)


class CreateCustomer(relay.ClientIDMutation):
    """Register a mail address. Its orders come to the account once its owner has confirmed it."""

    class Meta:
        name = "createCustomerPayload"

    class Input:
        first_name = graphene.String(required=True)
        last_name = graphene.String(required=True)
        email = graphene.String(required=True)
        password = graphene.String(required=True)
        confirm_password = graphene.String(required=True)
        phone = ignored(graphene.String)
        gender = ignored(graphene.String)
        date_of_birth = ignored(graphene.String)
        status = ignored(graphene.String)
        is_verified = ignored(graphene.String)
        is_suspended = ignored(graphene.String)
        subscribed_to_news_letter = ignored(graphene.Boolean)
        device_token = ignored(graphene.String)

    customer = graphene.Field(RegisteredCustomer)

    @classmethod
    def mutate_and_get_payload(
        cls, root: None, info: GraphQLResolveInfo, confirm_password: str, **sent: Any
    ) -> "CreateCustomer":
        caller = info.context
        count_sign_in(caller.client_ip, at=caller.at)
        # By their names: whatever else is sent, a state above all, is not for a caller to set.
        entered = {name: sent[name] for name in ("email", "password", "first_name", "last_name")}
        require_same_password(entered["password"], confirm_password)
        return cls(customer=fulfilment.register(caller.shop, at=caller.at, **entered))


class CreateCustomerLogin(relay.ClientIDMutation):
    """Sign in with a mail address and a password."""

    class Meta:
        name = "createCustomerLoginPayload"

    class Input:
        email = graphene.String(required=True)
        password = graphene.String(required=True)
        device_token = ignored(graphene.String)

    customer_login = graphene.Field(CustomerLogin)

    @classmethod
    def mutate_and_get_payload(
        cls, root: None, info: GraphQLResolveInfo, email: str, password: str, **rest: Any
    ) -> "CreateCustomerLogin":
        caller = info.context
        count_sign_in(caller.client_ip, at=caller.at)
        tries = AccountTries(caller.shop, email, client_ip=caller.client_ip, at=caller.at)
        tries.take()
        try:
            account = fulfilment.require_password(caller.shop, email=email, password=password)
            customer, bearer = let_in(account, at=caller.at)
            tries.clear()
            caller.was_let_in = True
        except PasswordsBusy:
            tries.give_back()
            raise
        except SignInRefused as error:
            refused = {"id": None, "_id": 0, "token": "", "success": False, "message": str(error)}
            return cls(customer_login=refused)
        named = _named(customer)
        return cls(
            customer_login={**named, "token": bearer, "success": True, "message": "Signed in"}
        )


class CreateLogout(relay.ClientIDMutation):
    """Close the bearer that is sent along. Others of the same customer stay open."""

    class Meta:
        name = "createLogoutPayload"

    class Input:
        device_token = ignored(graphene.String)

    logout = graphene.Field(Logout)

    @classmethod
    def mutate_and_get_payload(
        cls, root: None, info: GraphQLResolveInfo, **rest: Any
    ) -> "CreateLogout":
        info.context.sign_out()
        return cls(logout={"success": True, "message": "Signed out"})


class CreateVerifyToken(relay.ClientIDMutation):
    """Say whether the bearer that is sent along can be used, and whose it is."""

    class Meta:
        name = "createVerifyTokenPayload"

    verify_token = graphene.Field(VerifiedToken)

    @classmethod
    def mutate_and_get_payload(
        cls, root: None, info: GraphQLResolveInfo, **rest: Any
    ) -> "CreateVerifyToken":
        try:
            reader = info.context.reader
        except Unauthenticated as error:
            return cls(verify_token={"is_valid": False, "message": str(error)})
        customer = reader.customer
        profile = {
            "email": lookups.email_of(reader),
            "first_name": customer.first_name,
            "last_name": customer.last_name,
        }
        valid = {"is_valid": True, "message": "The token is valid"}
        return cls(verify_token={**_named(customer), **profile, **valid})


class CreateForgotPassword(relay.ClientIDMutation):
    """Have a link to choose a new password mailed to an address, if it has an account."""

    class Meta:
        name = "createForgotPasswordPayload"

    class Input:
        email = graphene.String(required=True)

    forgot_password = graphene.Field(ForgottenPassword)

    @classmethod
    def mutate_and_get_payload(
        cls, root: None, info: GraphQLResolveInfo, email: str, **rest: Any
    ) -> "CreateForgotPassword":
        caller = info.context
        count_sign_in(caller.client_ip, at=caller.at)
        fulfilment.request_password(caller.shop, email, at=caller.at)
        return cls(forgot_password={"success": True, "message": LINK_MAILED})


class Mutation(graphene.ObjectType):
    create_customer = CreateCustomer.Field()
    create_customer_login = CreateCustomerLogin.Field()
    create_forgot_password = CreateForgotPassword.Field()
    create_logout = CreateLogout.Field()
    create_verify_token = CreateVerifyToken.Field()


def _named(customer: Customer) -> dict[str, Any]:
    return {"id": f"{IRI}{customer.pk}", "_id": customer.pk}
